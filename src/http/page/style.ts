/** The page's own style: two palettes, one column, tables that scroll by themselves on small screens. */
export const style = `
:root { color-scheme: light dark; --back: #fff; --text: #1c2128; --dim: #57606a; --line: #d8dee4; --panel: #f6f8fa;
  --good: #116329; --busy: #0550ae; --bad: #a40e26; --calm: #57606a; --now: #1a7f37; --peak: #9fd8ae; --over: #cf222e; --mark: #bc4c00; --empty: #e3e7eb; }
@media (prefers-color-scheme: dark) {
  :root { --back: #0d1117; --text: #e6edf3; --dim: #9da7b3; --line: #262c34; --panel: #161b22;
    --good: #7ee787; --busy: #79c0ff; --bad: #ff9492; --calm: #9da7b3; --now: #3fb950; --peak: #1f5a30; --over: #f85149; --mark: #e3b341; --empty: #2a313a; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 110rem; padding: 0 1.2rem 2rem; background: var(--back); color: var(--text); font: 0.95rem/1.45 system-ui, sans-serif; }
h1, h2, h3 { overflow-wrap: anywhere; } h1 { margin: 1rem 0 0.2rem; font-size: 1.6rem; line-height: 1.2; } h2 { margin: 1.8rem 0 0.4rem; font-size: 1.15rem; } h3 { margin: 1.1rem 0 0.3rem; font-size: 0.95rem; }
h1:focus, h2:focus { outline: none; } p { margin: 0.3rem 0; overflow-wrap: anywhere; } ul { margin: 0.3rem 0; padding-left: 1.2rem; } li { overflow-wrap: anywhere; } code { font: 0.9em ui-monospace, monospace; } small { color: var(--dim); font-size: 0.85em; }
a { color: var(--busy); } .facts { color: var(--dim); } .facts > * { margin-right: 0.9rem; } .facts b { color: var(--text); } .why { font-size: 1.2rem; max-width: 75rem; margin: 0.5rem 0; }
.error, .bad, .unavailable, .unreachable { color: var(--bad); } .draining { color: var(--mark); }
.pause { border-left: 0.25rem solid var(--mark); padding-left: 0.6rem; margin: 0.6rem 0; } .buttons { margin-top: 0.6rem; display: flex; gap: 0.5rem; }
.badge { border: 1px solid currentColor; border-radius: 1rem; padding: 0.05rem 0.6rem; font-size: 0.85rem; white-space: nowrap; display: inline-block; }
.badge.good { color: var(--good); } .badge.busy { color: var(--busy); } .badge.bad { color: var(--bad); } .badge.calm { color: var(--calm); }
#clusters ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0.5rem 1.2rem; padding: 0.6rem 0; margin: 0; border-bottom: 1px solid var(--line); }
#clusters a { color: inherit; } #clusters a[aria-current] { font-weight: 600; text-decoration: none; } #clusters .badge { font-weight: normal; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.25rem 1rem 0.25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; font-weight: normal; white-space: nowrap; } th:last-child, td:last-child { padding-right: 0; }
td.text, td.way { white-space: normal; overflow-wrap: anywhere; } td.text { min-width: 14rem; max-width: 60rem; } td.way { min-width: 5rem; max-width: 16rem; }
.name { width: max-content; max-width: min(20rem, 38vw); display: inline-block; white-space: normal; overflow-wrap: anywhere; vertical-align: top; } thead th { color: var(--dim); font-size: 0.85rem; } tbody th[scope=rowgroup] { background: var(--panel); color: var(--dim); font-size: 0.85rem; padding-left: 0.4rem; }
#tables td.text { min-width: 11rem; } th.number, td.number { text-align: right; } td.disk { width: 100%; min-width: 8rem; } #plan table, .wide[aria-label*=waiting] table { width: auto; }
.bar { display: block; width: 100%; height: 0.9rem; margin-top: 0.25rem; border-radius: 0.15rem; } progress { width: 9rem; accent-color: var(--now); vertical-align: middle; }
.bar .all { fill: var(--empty); } .bar .now { fill: var(--now); } .bar.over .now { fill: var(--over); } .bar .peak { fill: var(--peak); } .bar path { fill: none; vector-effect: non-scaling-stroke; stroke-width: 2px; } .bar .mark { stroke: var(--mark); stroke-width: 3px; } .bar .limit { stroke: var(--text); } .bar .rim { stroke: var(--back); stroke-width: 5px; }
.key { color: var(--dim); font-size: 0.85rem; } .key span { display: inline-block; width: 0.8rem; height: 0.8rem; vertical-align: -0.1rem; margin-left: 0.8rem; }
.key .now { background: var(--now); } .key .peak { background: var(--peak); } .key .mark { background: var(--mark); width: 0.2rem; } .key .limit { background: var(--text); width: 0.15rem; }
button { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: 0.3rem; padding: 0.15rem 0.8rem; cursor: pointer; } button:hover { border-color: var(--dim); } td button { font-size: 0.85rem; padding: 0 0.6rem; }
button.name { background: none; border: 0; padding: 0; text-align: left; min-width: 1.5rem; min-height: 1.5rem; text-decoration: underline dotted var(--dim); text-underline-offset: 0.2em; }
button:focus-visible, a:focus-visible, input:focus-visible, .wide:focus-visible, summary:focus-visible { outline: 2px solid var(--busy); outline-offset: 2px; }
dialog { background: var(--back); color: var(--text); border: 1px solid var(--line); border-radius: 0.5rem; max-width: 30rem; width: calc(100% - 2rem); } #why-dialog { max-width: 60rem; } #why-dialog > p { position: sticky; bottom: -1em; margin-bottom: -1em; padding: 0.5rem 0 1em; background: var(--back); } dialog h2 { margin-top: 0; }
dialog::backdrop { background: rgb(0 0 0 / 40%); } label { display: block; margin: 0.6rem 0; } input { display: block; width: 100%; font: inherit; padding: 0.3rem; background: var(--back); color: inherit; border: 1px solid var(--dim); border-radius: 0.3rem; }
#stale { background: var(--panel); border-left: 0.25rem solid var(--bad); padding: 0.4rem 0.6rem; margin-top: 0.6rem; } footer { margin-top: 2rem; color: var(--dim); font-size: 0.85rem; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); }
main > * { min-width: 0; } @media (min-width: 64rem) { main { display: grid; grid-template-columns: 3fr 2fr; column-gap: 3rem; } main > * { grid-column: 1 / -1; } #violations { grid-column: 1; } #conflicts { grid-column: 2; } }
@media (max-width: 40rem) { body { padding: 0 0.8rem 2rem; } td.text { min-width: 11rem; } th, td { padding-right: 0.7rem; } progress { display: block; margin-top: 0.3rem; } }
[hidden] { display: none !important; }
`
