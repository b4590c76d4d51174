"use strict";
(function () {
  var drill = document.getElementById("drill");
  if (!drill) return;
  var schools = Array.prototype.slice.call(drill.querySelectorAll(".school"));
  var units = Array.prototype.slice.call(drill.querySelectorAll("details.unit"));
  var tools = document.createElement("div");
  tools.className = "tools";
  var box = document.createElement("input");
  box.type = "search";
  box.placeholder = "按学校名称或标识码查找";
  box.setAttribute("aria-label", "按学校名称或标识码查找");
  var toggle = document.createElement("button");
  toggle.type = "button";
  toggle.textContent = "展开各级单位";
  tools.appendChild(box);
  tools.appendChild(toggle);
  drill.insertBefore(tools, drill.children[2] || null);
  var names = schools.map(function (school) {
    var name = school.querySelector("b");
    return (name ? name.textContent : "") + " " + school.id.slice(1);
  });
  box.addEventListener("input", function () {
    var wanted = box.value.trim();
    schools.forEach(function (school, place) {
      school.hidden = wanted !== "" && names[place].indexOf(wanted) < 0;
    });
    units.forEach(function (unit) {
      var any = !wanted || unit.querySelector(".school:not([hidden])");
      unit.hidden = !any;
      if (wanted) unit.open = true;
    });
  });
  toggle.addEventListener("click", function () {
    var open = toggle.textContent === "展开各级单位";
    units.forEach(function (unit, place) { unit.open = open || place === 0; });
    toggle.textContent = open ? "收起各级单位" : "展开各级单位";
  });
  function follow() {
    var target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (var at = target; at && at !== document.body; at = at.parentElement) {
      if (at.tagName === "DETAILS") at.open = true;
    }
    if (target) target.scrollIntoView();
  }
  window.addEventListener("hashchange", follow);
  follow();
})();
