// Nothing depends on this script: without it a page is right when it is opened and when it is opened again.
(function () {
  "use strict";
  var leaving = false;

  // One click is one act: a form waits for its answer, and works again when the reader comes back.
  function ready(form, is) {
    form.querySelectorAll("button").forEach(function (button) { button.disabled = !is; button.classList.toggle("busy", !is); });
  }
  document.addEventListener("submit", function (event) {
    if (event.defaultPrevented) return;
    leaving = true;
    setTimeout(ready, 0, event.target, false);
    setTimeout(function () { leaving = false; ready(event.target, true); }, 15000);
  });
  addEventListener("pageshow", function (event) {
    leaving = false;
    document.querySelectorAll("form").forEach(function (form) { ready(form, true); });
    if (event.persisted) location.reload();
  });

  // A part with data-live asks for the page again, every so many seconds, and takes over what became different. One
  // request at a time; it begins the next pause when it ends.
  var timer = 0;
  function pause() {
    var live = Array.from(document.querySelectorAll("[data-live]"), function (part) { return Number(part.dataset.live) || 10; });
    return live.length ? Math.min.apply(null, live) * 1000 : 0;
  }
  function plan(wait) { clearTimeout(timer); if (wait) timer = setTimeout(renew, wait); }

  // What a part says, apart from what changes all by itself: countdowns, what the reader opened, a button that waits.
  function gist(part) {
    var copy = part.cloneNode(true);
    copy.querySelectorAll("[data-until]").forEach(function (clock) { clock.removeAttribute("data-now"); clock.textContent = ""; });
    copy.querySelectorAll("details").forEach(function (details) { details.open = false; });
    copy.querySelectorAll("button").forEach(function (button) { button.disabled = false; button.classList.remove("busy"); if (!button.className) button.removeAttribute("class"); });
    return copy.outerHTML;
  }
  function same(list, wanted) {
    return Array.from(list).find(function (one) {
      return one.tagName === wanted.tagName && one.name === wanted.name && one.getAttribute("href") === wanted.getAttribute("href") && one.id === wanted.id;
    });
  }
  function take(old, fresh) {
    if (!fresh) return;
    if (gist(old) === gist(fresh)) return set(old, fresh);
    var focus = old.contains(document.activeElement) ? document.activeElement : null;
    // Who types is not disturbed.
    if (focus && focus.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=submit])")) return;
    old.querySelectorAll("input[type=checkbox], input[type=radio]").forEach(function (box) {
      var its = box.checked !== box.defaultChecked && same(fresh.querySelectorAll("input"), box);
      if (its) its.checked = box.checked;
    });
    old.querySelectorAll("details[open]").forEach(function (details) {
      var its = details.id && fresh.querySelector("#" + CSS.escape(details.id));
      if (its) its.open = true;
    });
    // The region that speaks never leaves the page, or nobody would hear it: the rest is exchanged around it.
    var voice = old.querySelector(":scope > [role=status]"), words = fresh.querySelector(":scope > [role=status]");
    Array.from(old.childNodes).forEach(function (node) { if (node !== voice) node.remove(); });
    if (voice && words) {
      while (fresh.firstChild !== words) voice.before(fresh.firstChild);
      while (words.nextSibling) old.append(words.nextSibling);
      if (voice.innerHTML !== words.innerHTML) voice.innerHTML = words.innerHTML;
    } else {
      old.replaceChildren.apply(old, Array.from(fresh.childNodes));
    }
    if (fresh.dataset.live) old.dataset.live = fresh.dataset.live; else delete old.dataset.live;
    old.className = fresh.className;
    if (!focus || document.contains(focus)) return;
    var again = same(old.querySelectorAll("a, button, input, summary"), focus);
    if (again) return again.focus();
    // What had the focus is gone: the reader goes on where it was.
    old.tabIndex = -1;
    old.focus({ preventScroll: true });
  }
  function set(old, fresh) {
    var clocks = fresh.querySelectorAll("[data-until]");
    old.querySelectorAll("[data-until]").forEach(function (clock, place) {
      clock.dataset.now = clocks[place].dataset.now;
      clock.textContent = clocks[place].textContent;
      clock.began = performance.now();
      clock.over = false;
    });
  }
  function renew() {
    if (document.hidden || leaving) return plan(pause());
    fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store", credentials: "same-origin" })
      .then(function (answer) { return answer.ok && !answer.redirected ? answer.text() : null; })
      .then(function (text) {
        if (text === null || leaving) return;
        var page = new DOMParser().parseFromString(text, "text/html");
        document.querySelectorAll("[data-live]").forEach(function (part) { take(part, page.getElementById(part.id)); });
        document.title = page.title;
        document.body.className = page.body.className;
        count();
      })
      .catch(function () { })
      .then(function () { plan(pause()); });
  }
  document.addEventListener("visibilitychange", function () { if (!document.hidden && pause()) renew(); });
  plan(pause());

  // A countdown runs on the house's clock: the page says what time it was when it left. When it is over everybody asks
  // again, within a second and not all at once.
  function two(number) { return (number < 10 ? "0" : "") + number; }
  function count() {
    document.querySelectorAll("[data-until]").forEach(function (clock) {
      if (!clock.began) clock.began = performance.now();
      var left = Date.parse(clock.dataset.until) - Date.parse(clock.dataset.now) - (performance.now() - clock.began);
      var seconds = Math.max(0, Math.ceil(left / 1000));
      if (seconds < 86400) clock.textContent = Math.floor(seconds / 3600) + ":" + two(Math.floor(seconds / 60) % 60) + ":" + two(seconds % 60);
      if (seconds === 0 && !clock.over) { clock.over = true; plan(200 + Math.random() * 600); }
    });
  }
  count();
  setInterval(count, 1000);
})();
