"""Generated traffic on mails, with who really was behind each hit, to measure the judgement by."""
