/** The page's own style: two palettes, one column, tables that scroll by themselves on small screens. */
export const style = `
:root { color-scheme: light dark; --back: #fff; --text: #1c2128; --dim: #57606a; --line: #d0d7de; --panel: #f6f8fa;
  --good: #116329; --busy: #0550ae; --bad: #a40e26; --calm: #57606a; --now: #1a7f37; --peak: #9fd8ae; --over: #cf222e; --mark: #bc4c00; }
@media (prefers-color-scheme: dark) {
  :root { --back: #0d1117; --text: #e6edf3; --dim: #9da7b3; --line: #30363d; --panel: #161b22;
    --good: #7ee787; --busy: #79c0ff; --bad: #ff9492; --calm: #9da7b3; --now: #3fb950; --peak: #1f5a30; --over: #f85149; --mark: #e3b341; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 100rem; padding: 0 1rem 2rem; background: var(--back); color: var(--text); font: 0.95rem/1.45 system-ui, sans-serif; }
h1 { margin: 1rem 0 0; font-size: 1.5rem; } h2 { margin: 1.6rem 0 0.4rem; font-size: 1.1rem; } h3 { margin: 1rem 0 0.3rem; font-size: 0.95rem; }
p { margin: 0.3rem 0; } ul { margin: 0.3rem 0; padding-left: 1.2rem; } code { font: 0.9em ui-monospace, monospace; }
.why { font-size: 1.15rem; max-width: 70rem; } .facts > * { margin-right: 1rem; } .error, .bad, .unavailable, .unreachable { color: var(--bad); } .draining { color: var(--mark); }
.pause { border-left: 0.25rem solid var(--mark); padding-left: 0.6rem; }
.badge { border: 1px solid currentColor; border-radius: 1rem; padding: 0.05rem 0.6rem; font-size: 0.85rem; white-space: nowrap; }
.badge.good { color: var(--good); } .badge.busy { color: var(--busy); } .badge.bad { color: var(--bad); } .badge.calm { color: var(--calm); }
#clusters ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0.5rem 1.2rem; padding: 0.6rem 0; margin: 0; border-bottom: 1px solid var(--line); }
#clusters a { color: inherit; } #clusters a[aria-current] { font-weight: 600; text-decoration: none; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.2rem 0.7rem 0.2rem 0; border-bottom: 1px solid var(--line); vertical-align: top; font-weight: normal; white-space: nowrap; }
td:last-child { white-space: normal; min-width: 12rem; } td.number:last-child, td:last-child:has(button) { min-width: 0; } th.number { text-align: right; } thead th { color: var(--dim); font-size: 0.85rem; } tbody th[scope=rowgroup] { background: var(--panel); color: var(--dim); font-size: 0.85rem; padding-left: 0.4rem; }
td.number { text-align: right; } .bar { display: block; width: 14rem; height: 0.9rem; margin-top: 0.2rem; } progress { width: 9rem; accent-color: var(--now); }
.bar .all { fill: var(--line); } .bar .now { fill: var(--now); } .bar.over .now { fill: var(--over); } .bar .peak { fill: var(--peak); } .bar .mark { fill: var(--mark); stroke: var(--back); stroke-width: 0.5; paint-order: stroke; } .bar .limit { fill: var(--text); }
.key { color: var(--dim); font-size: 0.85rem; } .key span { display: inline-block; width: 0.8rem; height: 0.8rem; vertical-align: -0.1rem; margin-left: 0.8rem; }
.key .now { background: var(--now); } .key .peak { background: var(--peak); } .key .mark { background: var(--mark); width: 0.2rem; } .key .limit { background: var(--text); width: 0.2rem; }
button { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: 0.3rem; padding: 0.15rem 0.8rem; cursor: pointer; }
button:focus-visible, a:focus-visible, input:focus-visible, .wide:focus-visible, summary:focus-visible { outline: 2px solid var(--busy); outline-offset: 2px; }
dialog { background: var(--back); color: var(--text); border: 1px solid var(--line); border-radius: 0.5rem; max-width: 30rem; width: calc(100% - 2rem); }
dialog::backdrop { background: rgb(0 0 0 / 40%); } label { display: block; margin: 0.6rem 0; } input { display: block; width: 100%; font: inherit; padding: 0.3rem; background: var(--back); color: inherit; border: 1px solid var(--dim); border-radius: 0.3rem; }
#stale { background: var(--panel); border-left: 0.25rem solid var(--bad); padding: 0.4rem 0.6rem; margin-top: 0.6rem; } footer { margin-top: 2rem; color: var(--dim); font-size: 0.85rem; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); }
[hidden] { display: none !important; }
`
