// Makes pixels of our own icons, which are made of few things: rectangles with round corners, circles, and lines of `M V H A` with round
// ends, in groups that are moved and scaled. Anything else is refused. The same drawing gives the same bytes.
import { crc32, deflateSync } from 'node:zlib';

// The PNG of an SVG's text, `size` pixels square.
export function pngOf(svg, size) {
    const { shapes, unit } = read(svg);
    const scale = size / unit;
    const rows = Buffer.alloc(size * (size * 4 + 1)); // Each row begins with its filter: none.
    for (let y = 0; y < size; ++y)
        for (let x = 0; x < size; ++x) {
            const pixel = [0, 0, 0, 0];
            // How far its middle is from a shape's edge tells how much of a pixel is covered.
            for (const { colour, distance } of shapes) {
                const covered = Math.min(1, Math.max(0, 0.5 - distance((x + 0.5) / scale, (y + 0.5) / scale) * scale));
                if (covered > 0) put(pixel, colour, covered);
            }
            const at = y * (size * 4 + 1) + 1 + x * 4;
            for (let part = 0; part < 3; ++part) rows[at + part] = Math.round(pixel[part]);
            rows[at + 3] = Math.round(pixel[3] * 255);
        }
    const head = Buffer.alloc(13);
    head.writeUInt32BE(size, 0);
    head.writeUInt32BE(size, 4);
    head.set([8, 6, 0, 0, 0], 8); // 8 bits of red, green, blue and alpha.
    const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}

function put(pixel, colour, covered) {
    const alpha = covered + pixel[3] * (1 - covered);
    for (let part = 0; part < 3; ++part) pixel[part] = (colour[part] * covered + pixel[part] * pixel[3] * (1 - covered)) / alpha;
    pixel[3] = alpha;
}

function chunk(name, data) {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
}

function read(svg) {
    const unit = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)?.[1]);
    const shapes = [];
    const groups = [{ x: 0, y: 0, by: 1 }];
    for (const [, closing, tag, text] of svg.matchAll(/<(\/?)(\w+)([^>]*?)\/?>/g)) {
        const of = (name, usual) => new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(text)?.[1] ?? usual;
        const number = (name) => Number(of(name, '0'));
        const group = groups.at(-1);
        if (tag === 'svg') continue;
        else if (tag === 'g' && closing) groups.pop();
        else if (tag === 'g') {
            const [, x, y, by] = /^translate\(([\d.]+) ([\d.]+)\) scale\(([\d.]+)\)$/.exec(of('transform')) ?? [];
            groups.push({ x: group.x + Number(x) * group.by, y: group.y + Number(y) * group.by, by: group.by * Number(by) });
        } else {
            const colour = colourOf(of('fill') === 'none' ? of('stroke') : of('fill'));
            let own;
            if (tag === 'rect') own = rectangle(number('x'), number('y'), number('width'), number('height'), number('rx'));
            else if (tag === 'circle') own = circle(number('cx'), number('cy'), number('r'));
            else if (tag === 'path' && of('fill') === 'none' && of('stroke-linecap') === 'round') own = line(of('d'), number('stroke-width') / 2);
            else throw new Error(`tools/raster.mjs does not know <${tag}${text}>`);
            shapes.push({ colour, distance: (x, y) => own((x - group.x) / group.by, (y - group.y) / group.by) * group.by });
        }
    }
    return { shapes, unit };
}

function colourOf(text) {
    const [, digits] = /^#([0-9a-f]{3}|[0-9a-f]{6})$/.exec(text) ?? [];
    if (digits === undefined) throw new Error(`tools/raster.mjs does not know the colour ${text}`);
    const six = digits.length === 6 ? digits : [...digits].map((digit) => digit + digit).join('');
    return [0, 2, 4].map((at) => parseInt(six.slice(at, at + 2), 16));
}

// Distances from an edge; negative inside.

function circle(cx, cy, radius) {
    return (x, y) => Math.hypot(x - cx, y - cy) - radius;
}

function rectangle(left, top, width, height, radius) {
    return (x, y) => {
        const dx = Math.abs(x - left - width / 2) - width / 2 + radius;
        const dy = Math.abs(y - top - height / 2) - height / 2 + radius;
        return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - radius;
    };
}

function line(path, half) {
    const parts = [];
    let at = [0, 0];
    for (const [, command, text] of path.matchAll(/([A-Za-z])([^A-Za-z]*)/g)) {
        const n = text.trim().split(/[\s,]+/).map(Number);
        const from = at;
        if (command === 'M') at = [n[0], n[1]];
        else if (command === 'V') at = [from[0], n[0]];
        else if (command === 'H') at = [n[0], from[1]];
        else if (command === 'A' && n[0] === n[1]) at = [n[5], n[6]];
        else throw new Error(`tools/raster.mjs does not know ${command}${text} in a path`);
        if (command === 'A') parts.push(arc(from, at, n[0], n[3] === 1, n[4] === 1));
        else if (command !== 'M') parts.push(straight(from, at));
    }
    return (x, y) => Math.min(...parts.map((distance) => distance(x, y))) - half;
}

function straight([x1, y1], [x2, y2]) {
    const [dx, dy] = [x2 - x1, y2 - y1];
    return (x, y) => {
        const part = Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)));
        return Math.hypot(x - x1 - part * dx, y - y1 - part * dy);
    };
}

// Of a circle, from one point of it to another: the larger or the smaller part, with the clock or against it.
function arc([x1, y1], [x2, y2], radius, isLarge, isClockwise) {
    const half = Math.hypot(x2 - x1, y2 - y1) / 2;
    const away = Math.sqrt(Math.max(0, radius * radius - half * half)) * (isLarge === isClockwise ? -1 : 1);
    const cx = (x1 + x2) / 2 - (away * (y2 - y1)) / (2 * half);
    const cy = (y1 + y2) / 2 + (away * (x2 - x1)) / (2 * half);
    const turn = 2 * Math.PI;
    const first = Math.atan2(y1 - cy, x1 - cx);
    const length = (((Math.atan2(y2 - cy, x2 - cx) - first) * (isClockwise ? 1 : -1)) % turn + turn) % turn;
    return (x, y) => {
        const angle = (((Math.atan2(y - cy, x - cx) - first) * (isClockwise ? 1 : -1)) % turn + turn) % turn;
        if (angle <= length) return Math.abs(Math.hypot(x - cx, y - cy) - radius);
        return Math.min(Math.hypot(x - x1, y - y1), Math.hypot(x - x2, y - y2));
    };
}
