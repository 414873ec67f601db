"""A scatter plot as a page: what is known of a point when it is pointed at, its picture on a click."""

from __future__ import annotations

import base64
from string import Template
from typing import Mapping

from mergecli.exporters.page.page_writer import embedded, escape, policy
from mergecli.exporters.pictures.scatter import Scatter

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<style>
body { font: 15px Helvetica, Arial, sans-serif; margin: 1rem auto; max-width: 60rem; padding: 0 1rem }
svg { height: auto; max-width: 100% }
[data-key] { cursor: pointer }
[data-key]:hover, [data-key]:focus { stroke: currentColor; stroke-width: 2 }
#shown { min-height: 3em }
dialog { max-height: 92vh; max-width: 92vw; overflow: auto }
dialog img { display: block; max-width: 100% }
</style>
</head>
<body>
$svg
<p id="shown" role="status">Point at a candidate to see its values; click it to open its picture.</p>
<dialog id="picture"><p id="caption"></p><img id="image" alt=""><form method="dialog"><button>Close</button></form></dialog>
<script type="application/json" id="data">$data</script>
<script>$script</script>
</body>
</html>
"""
_SCRIPT = """
const data = JSON.parse(document.getElementById('data').textContent);
const shown = document.getElementById('shown'), dialog = document.getElementById('picture');
const image = document.getElementById('image'), caption = document.getElementById('caption');
const open = mark => {
  const key = mark.dataset.key, picture = data.pictures[key];
  caption.textContent = mark.dataset.label;
  if (!picture) caption.textContent += ' — its picture: ' + (data.commands[key] || 'see the rows');
  image.hidden = !picture;
  if (picture) image.src = 'data:image/svg+xml;base64,' + picture;
  dialog.showModal();
};
for (const mark of document.querySelectorAll('[data-key]')) {
  const title = mark.querySelector('title');
  mark.dataset.label = title.textContent;
  title.remove();
  if (mark.classList.contains('best')) mark.tabIndex = 0;
  for (const event of ['mouseenter', 'focus'])
    mark.addEventListener(event, () => { shown.textContent = mark.dataset.label; });
  mark.addEventListener('click', () => open(mark));
  mark.addEventListener('keydown', event => { if (event.key === 'Enter') open(mark); });
}
"""


def page(scatter: Scatter, pictures: Mapping[int, bytes], commands: Mapping[int, str]) -> str:
    """Return the page, which is one file and loads nothing.

    Args:
        scatter: The points.
        pictures: The SVG of some of them.
        commands: For others the command that draws it.
    """
    known = {key: base64.b64encode(data).decode() for key, data in pictures.items()}
    return Template(_PAGE).substitute(
        title=escape(scatter.title),
        policy=escape(policy(_SCRIPT, None)),
        svg=scatter.svg(),
        data=embedded({"pictures": known, "commands": dict(commands)}),
        script=_SCRIPT,
    )
