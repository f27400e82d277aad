/* Arrow keys inside a layers × heads grid: one tab stop for the whole grid instead of one for each head.
   Without this script every cell is an ordinary link, so nothing is lost. */
for (const grid of document.querySelectorAll("table.heads")) {
  const rows = [...grid.tBodies[0].rows].map((row) => [...row.querySelectorAll("a")]);
  const links = rows.flat();
  if (!links.length) continue;
  for (const link of links) link.tabIndex = -1;
  links[0].tabIndex = 0;
  grid.addEventListener("keydown", (event) => {
    const y = rows.findIndex((row) => row.includes(event.target));
    if (y < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const x = rows[y].indexOf(event.target);
    const next = {
      ArrowRight: rows[y][x + 1],
      ArrowLeft: rows[y][x - 1],
      ArrowDown: rows[y + 1]?.[x],
      ArrowUp: rows[y - 1]?.[x],
      Home: rows[y][0],
      End: rows[y].at(-1),
    }[event.key];
    if (!next) return;
    event.preventDefault();
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}
