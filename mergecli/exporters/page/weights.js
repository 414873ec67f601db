"use strict";
// The statistics of a weight of a saved model as an element; `make` and `draw` make elements of the page and of pictures.
function weightDetails(weight, extra, make, draw) {
  const say = (number) => String(Number(number.toPrecision(4)));
  const exact = (number) => number.toLocaleString("en-US");
  const heading = make("h4", {}, weight.name, " ", make("span", { class: "shape" }, weight.shape), extra ? make("small", {}, extra) : null);
  const part = make("section", { class: "weight", "aria-label": `Weight ${weight.name}` }, heading);
  const problems = [];
  if (weight.nan) problems.push(`${exact(weight.nan)} NaN`);
  if (weight.infinite) problems.push(`${exact(weight.infinite)} infinite`);
  if (problems.length) part.append(make("p", { class: "wrong" }, `${problems.join(" and ")} of ${exact(weight.count)}`));
  if (!weight.numbers) {
    part.append(make("p", { class: "about" }, weight.count ? "No number is finite." : "It has no numbers."));
    return part;
  }
  const [mean, deviation, least, most] = weight.numbers, bars = weight.bars;
  if (least === most) {
    part.append(make("p", { class: "about" }, weight.count > 1 ? `all ${say(least)}` : say(least)));
    return part;
  }
  const high = 32, highest = bars.indexOf(Math.max(...bars)), at = (place) => say(least + (most - least) * place / bars.length);
  const words = `Histogram of ${weight.name}, from ${say(least)} to ${say(most)}; most numbers are from ${at(highest)} to ${at(highest + 1)}`;
  const chart = draw("svg", { viewBox: `0 0 ${bars.length} ${high}`, preserveAspectRatio: "none", role: "img", "aria-label": words });
  chart.append(draw("path", { class: "bars", d: bars.map((bar, place) => bar ? `M${place + 0.05} ${high}v-${(high * bar / 100).toFixed(2)}h.9v${(high * bar / 100).toFixed(2)}z` : "").join("") }));
  if (least < 0 && most > 0) {
    const zero = (-least / (most - least) * bars.length).toFixed(3);
    chart.append(draw("path", { class: "zero", d: `M${zero} 0V${high}` }));
  }
  const fact = (name, value) => make("div", {}, make("dt", {}, name), make("dd", {}, say(value)));
  part.append(chart, make("dl", {}, fact("min", least), fact("mean", mean), fact("deviation", deviation), fact("max", most)));
  return part;
}
