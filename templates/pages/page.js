// One click is one payment: the button waits for the answer, and works again when the reader comes back.
var button = document.querySelector("form button");
function ready(is) { if (button) { button.disabled = !is; button.classList.toggle("busy", !is); } }
if (button) button.form.addEventListener("submit", function () { setTimeout(ready, 0, false); setTimeout(ready, 15000, true); });
addEventListener("pageshow", function (event) { ready(true); if (event.persisted) location.reload(); });
// Who comes back from the app after a while sees how it stands now.
var left = 0;
document.addEventListener("visibilitychange", function () {
  if (document.hidden) left = Date.now();
  else if (left && Date.now() - left > 20000) location.replace(location.href);
});
