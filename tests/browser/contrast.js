// Measures what a viewer can tell apart: returns [what, ratio] of every visible text of the page, by WCAG 2.2's contrast
// ratio of its colour and the colour behind it. The background of an element without one is that of what contains it.

function channels(color) {
  const [red, green, blue, alpha = 1] = color.match(/[\d.]+/g).map(Number);
  return { red, green, blue, alpha };
}

function over(front, back) {
  const mix = (name) => front[name] * front.alpha + back[name] * (1 - front.alpha);
  return { red: mix("red"), green: mix("green"), blue: mix("blue"), alpha: 1 };
}

function behind(element) {
  if (element === null) return { red: 255, green: 255, blue: 255, alpha: 1 };
  const color = channels(getComputedStyle(element).backgroundColor);
  return color.alpha === 1 ? color : over(color, behind(element.parentElement));
}

function luminance({ red, green, blue }) {
  const [r, g, b] = [red, green, blue].map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ratio(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function opacity(element) {
  return element === null ? 1 : Number(getComputedStyle(element).opacity) * opacity(element.parentElement);
}

function ownText(element) {
  const own = Array.from(element.childNodes, (node) => (node.nodeType === Node.TEXT_NODE ? node.data : ""));
  return (own.join("") + (element.placeholder ?? "")).trim();
}

const found = [];
for (const element of document.querySelectorAll("body, body *")) {
  const text = ownText(element);
  if (text === "" || element.tagName === "NOSCRIPT") continue;
  if (!element.checkVisibility({ visibilityProperty: true }) || element.closest(".unseen, .noscript") !== null) continue;
  const back = behind(element);
  const pseudo = element.placeholder ? "::placeholder" : null;
  const front = channels(getComputedStyle(element, pseudo).color);
  front.alpha *= opacity(element);
  found.push([`${element.tagName} ${element.id || element.className}: ${text.slice(0, 40)}`, ratio(over(front, back), back)]);
}
return found;
