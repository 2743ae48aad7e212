/** Files that a person takes along: what a chart shows, as a table or as a picture. */

export function save(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser reads it after this function
}

export type Cell = string | number | null;

/** A table as CSV (RFC 4180). Text that a spreadsheet would run as a formula gets an apostrophe before it. */
export function csvOf(head: readonly string[], rows: ReadonlyArray<readonly Cell[]>): string {
  const cell = (value: Cell): string => {
    if (value === null) return '';
    const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

const SCALE = 2;
const MARGIN = 16;
const TITLE = 28;

function drawShape(canvas: CanvasRenderingContext2D, element: SVGElement, shape: Path2D): void {
  const style = getComputedStyle(element);
  canvas.globalAlpha = Number(style.opacity);
  if (style.fill !== 'none') {
    canvas.fillStyle = style.fill;
    canvas.fill(shape);
  }
  if (style.stroke !== 'none') {
    canvas.strokeStyle = style.stroke;
    canvas.lineWidth = parseFloat(style.strokeWidth);
    canvas.setLineDash(style.strokeDasharray === 'none' ? [] : style.strokeDasharray.split(',').map(parseFloat));
    canvas.stroke(shape);
  }
  canvas.globalAlpha = 1;
}

const place = (element: SVGElement, name: string): number => Number(element.getAttribute(name) ?? 0);

function draw(canvas: CanvasRenderingContext2D, element: SVGElement): void {
  const shape = new Path2D();
  if (element instanceof SVGTextElement) {
    const style = getComputedStyle(element);
    canvas.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    canvas.fillStyle = style.fill;
    canvas.textAlign = ({ middle: 'center', end: 'right' } as const)[style.textAnchor] ?? 'left';
    canvas.fillText(element.textContent ?? '', place(element, 'x'), place(element, 'y'));
    return;
  }
  if (element instanceof SVGRectElement) shape.rect(place(element, 'x'), place(element, 'y'), place(element, 'width'), place(element, 'height'));
  else if (element instanceof SVGCircleElement) shape.arc(place(element, 'cx'), place(element, 'cy'), place(element, 'r'), 0, 2 * Math.PI);
  else if (element instanceof SVGPathElement) shape.addPath(new Path2D(element.getAttribute('d') ?? ''));
  else if (element instanceof SVGLineElement) {
    shape.moveTo(place(element, 'x1'), place(element, 'y1'));
    shape.lineTo(place(element, 'x2'), place(element, 'y2'));
  } else return;
  drawShape(canvas, element, shape);
}

/**
 * A chart as PNG in the colours of the page. It is drawn shape by shape: the policy of the page lets no picture in that
 * does not come from the server, so an SVG cannot be loaded as one. Charts hold lines, paths, rectangles, circles and
 * texts at plain coordinates, without transformations.
 */
export async function pngOf(chart: SVGSVGElement, title: string): Promise<Blob> {
  const width = chart.clientWidth + 2 * MARGIN;
  const height = chart.clientHeight + 2 * MARGIN + TITLE;
  const surface = document.createElement('canvas');
  surface.width = width * SCALE;
  surface.height = height * SCALE;
  const canvas = surface.getContext('2d');
  if (!canvas) throw new Error('this browser gives no canvas');
  const page = getComputedStyle(chart.closest('.card, dialog') ?? document.body);
  canvas.scale(SCALE, SCALE);
  canvas.fillStyle = page.backgroundColor;
  canvas.fillRect(0, 0, width, height);
  canvas.fillStyle = page.color;
  canvas.font = `600 14px ${page.fontFamily}`;
  canvas.fillText(title, MARGIN, MARGIN + 14);
  canvas.translate(MARGIN, MARGIN + TITLE);
  for (const element of chart.querySelectorAll<SVGElement>('*')) draw(canvas, element);
  return new Promise((resolve, reject) => surface.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the picture cannot be made'))), 'image/png'));
}
