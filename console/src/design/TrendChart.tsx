import { BarChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useScheme } from "./scheme";

echarts.use([BarChart, GridComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

export interface Series {
  name: string;
  values: number[];
  /** A design token, such as `--flow-strong`. */
  color: string;
  dashed?: boolean;
}

interface Props {
  label: string;
  categories: string[];
  series: Series[];
  number: (value: number) => string;
  height?: number;
}

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Days as stacked bars. Loaded when a page needs it; the page gives the same figures as a table. */
export default function TrendChart({ label, categories, series, number, height = 220 }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const scheme = useScheme();

  useEffect(() => {
    const node = box.current;
    if (!node) return undefined;
    chart.current = echarts.init(node);
    const watch = new ResizeObserver(() => chart.current?.resize());
    watch.observe(node);
    return () => {
      watch.disconnect();
      chart.current?.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    const text = { color: token("--ink-dim"), fontFamily: token("--sans"), fontSize: 12 };
    chart.current?.setOption(
      {
        animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
        animationDuration: 250,
        grid: { left: 0, right: 0, top: 12, bottom: 0, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
        tooltip: {
          trigger: "axis",
          axisPointer: { type: "shadow", shadowStyle: { color: token("--hover"), opacity: 0.6 } },
          // On the canvas: markup with inline styles would be refused by the content security policy.
          renderMode: "richText",
          backgroundColor: token("--surface"),
          borderColor: token("--line-strong"),
          textStyle: { ...text, color: token("--ink") },
          valueFormatter: (value: unknown) => number(Number(value)),
        },
        xAxis: { type: "category", data: categories, axisTick: { show: false }, axisLine: { lineStyle: { color: token("--line-strong") } }, axisLabel: { ...text, hideOverlap: true } },
        yAxis: { type: "value", splitNumber: 3, splitLine: { lineStyle: { color: token("--line") } }, axisLabel: { ...text, formatter: (value: number) => number(value) } },
        series: series.map((one, index) => ({
          name: one.name,
          type: "bar",
          stack: "all",
          barCategoryGap: "25%",
          data: one.values,
          itemStyle: {
            color: token(one.color),
            borderRadius: index === series.length - 1 ? [2, 2, 0, 0] : 0,
            ...(one.dashed ? { decal: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: -Math.PI / 4, color: token("--surface") } } : {}),
          },
        })),
      },
      { notMerge: true },
    );
  }, [categories, series, number, scheme]);

  return <div ref={box} role="img" aria-label={label} style={{ height }} />;
}
