namespace Kindling.Evaluate.Reports;

/// <summary>How a page looks. No sign that XML would escape may stand here: readers of HTML take the text as it is.</summary>
internal static class ReportStyle
{
    public const string Css = """

        :root { color-scheme: light dark; --ink: #1b1b1b; --paper: #ffffff; --soft: #f1f3f5; --line: #c9ced3; --blue: #0061a8; --good: 0, 114, 178; --bad: 213, 94, 0; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e8e8e8; --paper: #15181b; --soft: #22272c; --line: #444b52; --blue: #7cc0f5; --good: 86, 180, 233; --bad: 230, 120, 40; }
        }
        body { margin: 0 auto; max-width: 62rem; padding: 1rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
        h1 { margin: 0; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); } h3 { margin-bottom: 0; } h4 { margin: 0.8rem 0 0.2rem; }
        a { color: var(--blue); } .lead { font-size: 1.15rem; }
        nav ul { display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; padding: 0; list-style: none; }
        figure { margin: 1rem 0; } figcaption { font-size: 0.85rem; }
        img.plot { display: block; width: 100%; max-width: 640px; height: auto; border: 1px solid var(--line); background: #ffffff; }
        .wide { overflow-x: auto; margin: 1rem 0; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        caption { text-align: left; font-size: 0.9rem; padding-bottom: 0.3rem; }
        th, td { border: 1px solid var(--line); padding: 0.2rem 0.6rem; text-align: left; }
        td, tbody th { overflow-wrap: anywhere; } thead th { background: var(--soft); white-space: nowrap; }
        td.count { text-align: right; }
        td.right { background: rgba(var(--good), calc(0.6 * var(--share))); } td.wrong { background: rgba(var(--bad), calc(0.8 * var(--share))); }
        ul.items { display: flex; flex-wrap: wrap; gap: 0.6rem; padding: 0; margin: 0; list-style: none; }
        ul.items li { width: 7.8rem; padding: 0.3rem; border: 2px solid var(--line); border-radius: 4px; }
        ul.items li.wrong { border-color: rgb(var(--bad)); border-style: dashed; } ul.items figure { margin: 0; } ul.items figcaption { overflow-wrap: anywhere; }
        img.item { display: block; width: 84px; height: 84px; object-fit: contain; image-rendering: pixelated; background: #000000; }
        svg.lines { display: block; width: 100%; height: auto; background: var(--soft); } svg.lines polyline { fill: none; stroke-width: 1.2; }
        .channel0 { stroke: #0072B2; } .channel1 { stroke: #D55E00; } .channel2 { stroke: #009E73; }
        .channel3 { stroke: #CC79A7; } .channel4 { stroke: #56B4E9; } .channel5 { stroke: #E69F00; }
        pre { padding: 0.8rem; overflow-x: auto; background: var(--soft); border: 1px solid var(--line); font-size: 0.85rem; }

        """;
}
