"""
What people send to template engines to make them run code, read files or never stop, by engine.

Arithmetic is always 1337 times 3: where 4011 appears, something was evaluated. Names of secrets are those
that the tests plant.
"""

from __future__ import annotations

JINJA = r"""
{{1337*3}}
{{ 1337*3 }}
{{1337*'3'}}
{{ config }}
{{ config.items() }}
{{ config.SECRET_KEY }}
{{ self }}
{{ self.__init__.__globals__ }}
{{ self._TemplateReference__context.cycler.__init__.__globals__.os.environ }}
{{ ''.__class__.__mro__[1].__subclasses__() }}
{{ ''['__class__']['__mro__'][1]['__subclasses__']() }}
{{ ()|attr('__class__')|attr('__base__')|attr('__subclasses__')() }}
{{ [].__class__.__base__.__subclasses__()[40]('/etc/passwd').read() }}
{{ request.application.__globals__.__builtins__.__import__('os').popen('env').read() }}
{{ cycler.__init__.__globals__.os.environ['COLDFRAME_PLANTED'] }}
{{ joiner.__init__.__globals__.os.popen('env').read() }}
{{ namespace.__init__.__globals__.os.environ }}
{{ lipsum.__globals__['os'].environ }}
{{ url_for.__globals__.current_app.config }}
{{ get_flashed_messages.__globals__ }}
{{ "{0.__class__.__init__.__globals__}".format(lead) }}
{{ "%s"|format(config) }}
{{ lead.__class__ }}
{{ lead.__init__.__globals__ }}
{{ lead|attr('__class__') }}
{{ lead['__class__'] }}
{{ lead.first_name.__class__.__mro__ }}
{{ lead.first_name.format_map(lead) }}
{{ lead.first_name|map('upper')|list }}
{{ range(1000000000)|list }}
{{ 'x'*1000000000 }}
{{ 'x'.ljust(1000000000) }}
{{ cycler }}
{% for i in range(10000000) %}x{% endfor %}
{% for a in (1..99999) %}{% for b in (1..99999) %}x{% endfor %}{% endfor %}
{% set x = config %}{{ x }}
{% import 'os' as os %}{{ os.environ }}
{% from 'os' import environ %}
{% include '/etc/passwd' %}
{% extends '/etc/passwd' %}
{% block x %}{{ 1337*3 }}{% endblock %}
{% macro x() %}{{ 1337*3 }}{% endmacro %}{{ x() }}
{% call x() %}{% endcall %}
{% filter upper %}{{ 1337*3 }}{% endfilter %}
{% raw %}{{ 1337*3 }}{% endraw %}{{ 1337*3 }}
{% if ''.__class__.__mro__[1].__subclasses__() %}4{% endif %}
{% if config.SECRET_KEY %}x{% endif %}
{% with x = 1337*3 %}{{ x }}{% endwith %}
{% autoescape false %}{{ lead.first_name }}{% endautoescape %}
{% debug %}
{% do lead.clear() %}
{# comment #}{{ 1337*3 }}
{%- if 1337*3 -%}x{%- endif -%}
#{1337*3}
# for x in range(9999): x
{{ lead.first_name|safe }}
{{ lead.first_name|tojson }}
{{ loop.index }}
{{ caller() }}
{{ varargs }}
""".strip("\n").split("\n")

LIQUID = r"""
{% assign x = 1337 | times: 3 %}{{ x }}
{{ 1337 | times: 3 }}
{{ "1337" | append: "x" | times: 3 }}
{% capture x %}{{ 1337 | times: 3 }}{% endcapture %}{{ x }}
{% increment x %}
{% decrement x %}
{% cycle 'a', 'b' %}
{% tablerow x in (1..1000000) %}x{% endtablerow %}
{% for x in (1..1000000000) %}x{% endfor %}
{% render '/etc/passwd' %}
{% include '../../../../etc/passwd' %}
{% layout '/etc/passwd' %}
{% liquid
 assign x = 1 %}
{% echo 1337 %}
{% comment %}{% endcomment %}{{ 1337 | times: 3 }}
{% doc %}x{% enddoc %}
{% ifchanged %}x{% endifchanged %}
{% break %}
{% continue %}
{{ 'x' | replace: '', 'xxxxxxxxxxxxxxxx' | replace: 'x', 'xxxxxxxxxxxxxxxx' }}
{{ 'now' | date: '%Y' }}
{{ lead.first_name | date: '%2000000000Y' }}
{{ 'Y29sZGZyYW1l' | base64_decode }}
{{ (1..1000000000) | join: ',' }}
{{ (1..1000000000) }}
{{ lead | json }}
{{ lead | inspect }}
{{ lead }}
{{ lead.first_name | split: '' | join: 'xxxxxxxx' }}
{{ lead.first_name | strip_html }}
{{ lead.first_name | url_decode }}
{{ lead.first_name | escape_once | safe }}
{{ lead.first_name | where: 'a', 'b' }}
{{ lead.first_name | sort }}
{{ lead.first_name | slice: 0, 1000000000 }}
{{ lead.first_name | truncate: 1000000000 }}
{{ lead.first_name | default: lead.last_name }}
{{ lead.first_name | default: "x", allow_false: true }}
{{ lead.first_name | default }}
{{ lead.first_name | default: }}
{{ lead.first_name | }}
{{ lead["first_name"]["size"] }}
{{ lead[lead.first_name] }}
{{ lead.first_name.size }}
{{ lead.first_name.first }}
{{ lead.first_name[0] }}
{{ environment }}
{{ settings.SECRET_KEY }}
{{ env.COLDFRAME_PLANTED }}
{{ site.config }}
{{ template }}
{{ content_for_header }}
{{ forloop.index }}
{% if lead.first_name %}
{% endif %}
{% if %}{% endif %}
{% elsif x %}
{% case lead.city %}{% when %}{% endcase %}
{% unless lead.first_name %}{% endif %}
{% if lead.first_name contains %}x{% endif %}
{% if lead.first_name | upcase == "X" %}x{% endif %}
{% if 1337 %}{% if 1 %}{% if 1 %}{% if 1 %}{% if 1 %}{% if 1 %}{% if 1 %}{% if 1 %}{% if 1 %}x{% endif %}{% endif %}{% endif %}{% endif %}{% endif %}{% endif %}{% endif %}{% endif %}{% endif %}
{{{ lead.first_name }}}
{{{{ lead.first_name }}}}
{{ lead.first_name
{% if
{{-1337 | times: 3-}}
{{ "}}" }}
{{ '%}' }}
{{ nil | default: 1337 }}
""".strip("\n").split("\n")

TWIG = r"""
{{_self.env.registerUndefinedFilterCallback("exec")}}{{_self.env.getFilter("env")}}
{{ _self.env.display("/etc/passwd") }}
{{ ['env']|filter('system') }}
{{ ['env']|map('passthru') }}
{{ ['env', 1]|sort('system') }}
{{ {'env':'x'}|reduce('system') }}
{{ app.request.server.all|join(',') }}
{{ app.request.query.filter(0,'env',1024,{'options':'system'}) }}
{{ dump(app) }}
{{ dump() }}
{{ include('/etc/passwd') }}
{{ source('/etc/passwd') }}
{{ constant('APP_SECRET') }}
{{ attribute(lead, 'first_name') }}
{{ template_from_string('{{ 1337*3 }}') }}
{{ max(1337*3, 1) }}
{{ 1337 ** 3 }}
{{ "%s"|replace({'%s': 1337*3}) }}
{% sandbox %}{{ 1337*3 }}{% endsandbox %}
{% embed '/etc/passwd' %}{% endembed %}
{% use '/etc/passwd' %}
{% apply upper %}{{ 1337*3 }}{% endapply %}
{% verbatim %}{{ 1337*3 }}{% endverbatim %}{{ 1337*3 }}
{{ lead.first_name|raw }}
{{ block('x') }}
{{ parent() }}
""".strip("\n").split("\n")

GO = r"""
{{ . }}
{{ .Env }}
{{ env "COLDFRAME_PLANTED" }}
{{ expandenv "$COLDFRAME_PLANTED" }}
{{ printf "%s" . }}
{{ range . }}{{ . }}{{ end }}
{{ range $i := until 100000000 }}x{{ end }}
{{ with $x := 4011 }}{{ $x }}{{ end }}
{{ template "x" . }}
{{ define "x" }}{{ end }}
{{ call .Func }}
{{ mul 1337 3 }}
{{ html "<x>" | safeHTML }}
{{ index . 0 }}
{{ getHostByName "localhost" }}
{{ readFile "/etc/passwd" }}
{{ .Lead.FirstName }}
{{- . -}}
{{ /* comment */ }}
{{ block "x" . }}{{ end }}
""".strip("\n").split("\n")

DJANGO = r"""
{% load log %}{% get_admin_log 10 as log %}
{% debug %}
{{ settings.SECRET_KEY }}
{{ messages.storages.0.signer.key }}
{{ request.META }}
{{ user.password }}
{% include request.GET.x %}
{% ssi /etc/passwd %}
{% widthratio 1337 1 3 %}
{{ lead|add:"x" }}
{{ forloop.counter }}
{% now "Y" %}
{% url 'admin:index' %}
{% csrf_token %}
{% lorem 100000 w %}
{% cycle 'a' 'b' as x %}
{% firstof settings.SECRET_KEY %}
{% templatetag openblock %}
{{ lead.first_name|safe|linebreaks }}
{{ lead.first_name|pprint }}
{{ block.super }}
""".strip("\n").split("\n")

OTHERS = r"""
<%= 1337*3 %>
<% 1337*3 %>
<%== 1337*3 %>
<%# 1337*3 %>
<%= ENV['COLDFRAME_PLANTED'] %>
<%= system('env') %>
<%= File.open('/etc/passwd').read %>
<%= `env` %>
<%= Rails.application.secrets %>
<%! import os %>
<%include file="/etc/passwd"/>
<%import os%>${os.environ}
<% while True: pass %>
% for x in range(9999999):
${1337*3}
${self.module.cache.util.os.environ}
${self.template.module.runtime.util.os.system("env")}
<%def name="x()">${1337*3}</%def>
${T(java.lang.System).getenv()}
${T(java.lang.Runtime).getRuntime().exec('env')}
*{T(java.lang.Runtime).getRuntime().exec('env')}
#{T(java.lang.System).getenv()}
__${T(java.lang.System).getenv()}__::.x
[[${1337*3}]]
[(${1337*3})]
#set($x=1337*3)$x
#set($e="x")$e.getClass().forName("java.lang.System").getenv()
$class.inspect("java.lang.Runtime").type
#foreach($i in [1..99999999])x#end
#include("/etc/passwd")
#parse("/etc/passwd")
$!{lead.first_name}
<#assign ex="freemarker.template.utility.Execute"?new()>${ex("env")}
${"freemarker.template.utility.Execute"?new()("env")}
<#list 1..99999999 as i>x</#list>
${.data_model?keys}
${.vars}
<#include "/etc/passwd">
[#assign x=1337*3]${x}
${product.getClass().getProtectionDomain()}
{php}echo 1337*3;{/php}
{system('env')}
{$smarty.version}
{Smarty_Internal_Write_File::writeFile('/tmp/x','x',self::clearConfig())}
{fetch file="/etc/passwd"}
<?php echo 1337*3; ?>
<?= 1337*3 ?>
@(1337*3)
@{1337*3}
@System.Environment.GetEnvironmentVariables()
@Model.GetType().Assembly
#{1337*3}
#{global.process.env}
#{root.process.mainModule.require('child_process').execSync('env')}
!{1337*3}
= 1337*3
- var x = process.env
{{#with "s" as |string|}}{{string.sub.constructor}}{{/with}}
{{#each this}}{{@key}}{{/each}}
{{constructor.constructor('return process.env')()}}
{{this.constructor.constructor("return 1337*3")()}}
{{> partial}}
{{{unescaped}}}
{{&unescaped}}
{{=<% %>=}}<%1337*3%>
{{lookup this 'constructor'}}
${{1337*3}}
${process.env.COLDFRAME_PLANTED}
`${1337*3}`
[% 1337*3 %]
[% PERL %] print %ENV [% END %]
[% INCLUDE /etc/passwd %]
<tmpl_var name='x'>
<dtml-var "1337*3">
<xsl:value-of select="document('/etc/passwd')"/>
{1337*3}
{0.__class__.__init__.__globals__}
{lead.__class__.__mro__}
{lead.first_name.__init__.__globals__[os].environ}
{:>1000000000}
{0!r:>{1}}
%(secret)s
%s%s%s%s%n
%1000000000d
$COLDFRAME_PLANTED
${COLDFRAME_PLANTED}
$(env)
`env`
%COLDFRAME_PLANTED%
f"{1337*3}"
{{= 1337*3 }}
{{: 1337*3 }}
{@ 1337*3 @}
{{!-- x --}}{{1337*3}}
*|COLDFRAME_PLANTED|*
*|IF:X|*x*|END:IF|*
%%=v(@x)=%%
[[1337*3]]
{literal}{1337*3}{/literal}
<c:out value="${1337*3}"/>
<script>document.write(1337*3)</script>
<img src=x onerror=alert(1337*3)>
"><svg onload=alert(1)>
javascript:alert(1337*3)
[x](javascript:alert(1))
![x](http://evil.example/x.png)
<!-- footer -->
]]></body></html>
=cmd|' /C calc'!A1
""".strip("\n").split("\n")

ENGINES: dict[str, list[str]] = {
    "Jinja": JINJA,
    "Liquid": LIQUID,
    "Twig": TWIG,
    "Go": GO,
    "Django": DJANGO,
    "others": OTHERS,
}
PAYLOADS = [payload for payloads in ENGINES.values() for payload in payloads]
#: By engine and number, for a payload makes no name for a test.
NAMES = [f"{engine}-{n}" for engine, payloads in ENGINES.items() for n, _ in enumerate(payloads, start=1)]
