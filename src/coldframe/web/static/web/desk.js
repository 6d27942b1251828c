// Printing a brief; everything else of the desk is the server's.
document.addEventListener("click", (event) => { if (event.target.closest("[data-does=print]")) print(); });
