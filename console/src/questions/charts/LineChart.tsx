import { LineChart as Lines } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useScheme } from "../../design/scheme";
import { token } from "./look";

echarts.use([Lines, GridComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

export interface Line {
  name: string;
  values: (number | null)[];
  /** A design token, such as `--cat-1`. */
  color: string;
  dash?: number[] | undefined;
  symbol?: string | undefined;
  quiet?: boolean;
  /** What chance leaves open, as a band around the line. */
  low?: (number | null)[];
  high?: (number | null)[];
}

interface Props {
  label: string;
  categories: string[];
  lines: Line[];
  number: (value: number) => string;
  pick?: (line: number, point: number) => void;
  /** The upper end of the scale where there is one: 1 for shares. */
  most?: number | undefined;
  height?: number;
}

/** Lines over time, told apart by colour, dash and mark. Loaded when a page needs it; the page gives the same figures as a table. */
export default function LineChart({ label, categories, lines, number, pick, most, height = 300 }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const scheme = useScheme();
  const picked = useRef(pick);
  useEffect(() => {
    picked.current = pick;
  });

  useEffect(() => {
    const node = box.current;
    if (!node) return undefined;
    const made = echarts.init(node);
    chart.current = made;
    made.on("click", (event) => picked.current?.(Number(String(event.seriesId ?? "0").slice(1)), event.dataIndex));
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(node);
    return () => {
      watch.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    const highest = Math.max(...lines.flatMap((line) => [...line.values, ...(line.high ?? [])].map((value) => value ?? 0)));
    const whole = most !== undefined && highest > most / 2;
    const text = { color: token("--ink-dim"), fontFamily: token("--sans"), fontSize: 12 };
    chart.current?.setOption(
      {
        animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
        animationDuration: 250,
        grid: { left: 4, right: 16, top: 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
        tooltip: {
          trigger: "axis",
          axisPointer: { type: "line", lineStyle: { color: token("--line-strong") } },
          // On the canvas: markup with inline styles would be refused by the content security policy.
          renderMode: "richText",
          confine: true,
          backgroundColor: token("--surface"),
          borderColor: token("--line-strong"),
          textStyle: { ...text, color: token("--ink") },
          valueFormatter: (value: unknown) => (value === null || value === undefined || Number.isNaN(Number(value)) ? "–" : number(Number(value))),
        },
        xAxis: { type: "category", boundaryGap: false, data: categories, axisTick: { show: false }, axisLine: { lineStyle: { color: token("--line-strong") } }, axisLabel: { ...text, hideOverlap: true } },
        yAxis: { type: "value", splitNumber: 4, min: (range: { min: number }) => Math.min(0, range.min), ...(whole ? { max: most, interval: (most ?? 1) / 4 } : {}), splitLine: { lineStyle: { color: token("--line") } }, axisLabel: { ...text, formatter: (value: number) => number(value) } },
        series: [...lines.flatMap((line, index) => bands(line, index)), ...lines.map((line, index) => drawn(line, index, categories.length))],
      },
      { notMerge: true },
    );
  }, [categories, lines, number, most, scheme]);

  return <div ref={box} role="img" aria-label={label} style={{ height }} />;
}

function drawn(line: Line, index: number, points: number) {
  return {
    id: `s${index}`,
    name: line.name,
    type: "line",
    data: line.values,
    symbol: line.symbol ?? "circle",
    symbolSize: line.quiet ? 0 : points > 60 ? 4 : 7,
    showSymbol: !line.quiet && points <= 90,
    triggerLineEvent: true,
    z: line.quiet ? 2 : 4,
    lineStyle: { color: token(line.color), width: line.quiet ? 1.5 : 2, type: line.dash ?? "solid", opacity: line.quiet ? 0.7 : 1 },
    itemStyle: { color: token(line.color) },
    connectNulls: false,
  };
}

/** The interval as an area: an unseen line at its lower end, and its height stacked upon it. */
function bands(line: Line, index: number) {
  if (!line.low || !line.high) return [];
  const common = { type: "line", stack: `band${index}`, stackStrategy: "all", symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false }, z: 1 };
  return [
    { ...common, id: `l${index}`, data: line.low },
    { ...common, id: `h${index}`, data: line.high.map((high, at) => (high === null || line.low?.[at] == null ? null : high - (line.low[at] ?? 0))), areaStyle: { color: token(line.color), opacity: 0.16 } },
  ];
}
