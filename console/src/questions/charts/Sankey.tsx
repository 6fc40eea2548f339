import { SankeyChart } from "echarts/charts";
import { AriaComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useScheme } from "../../design/scheme";
import { token } from "./look";

echarts.use([SankeyChart, TooltipComponent, AriaComponent, CanvasRenderer]);

export interface Stop {
  id: string;
  step: number;
  words: string;
  color: string;
  customers: string;
  /** Too thin to be labelled; its name is told on pointing at it and in the table. */
  thin: boolean;
}

export interface Stream {
  from: string;
  to: string;
  value: number;
  words: string;
}

interface Props {
  label: string;
  stops: Stop[];
  streams: Stream[];
  pick: (id: string) => void;
  pickStream: (from: string, to: string) => void;
  height: number;
}

/** Flows from stop to stop, as wide as they are many. The page gives the same as tables with buttons for those who don't point. */
export default function Sankey({ label, stops, streams, pick, pickStream, height }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const scheme = useScheme();
  const picked = useRef({ pick, pickStream });
  useEffect(() => {
    picked.current = { pick, pickStream };
  });

  useEffect(() => {
    const node = box.current;
    if (!node) return undefined;
    const made = echarts.init(node);
    chart.current = made;
    made.on("click", (event) => {
      const data = event.data as { name?: string; source?: string; target?: string };
      if (event.dataType === "edge" && data.source && data.target) picked.current.pickStream(data.source, data.target);
      else if (data.name) picked.current.pick(data.name);
    });
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(node);
    return () => {
      watch.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    const words = new Map(stops.map((stop) => [stop.id, stop]));
    const text = { color: token("--ink"), fontFamily: token("--sans"), fontSize: 12 };
    const steps = stops.reduce((most, stop) => Math.max(most, stop.step), 0) + 1;
    chart.current?.setOption(
      {
        animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
        animationDuration: 250,
        tooltip: {
          // On the canvas: markup with inline styles would be refused by the content security policy.
          renderMode: "richText",
          confine: true,
          backgroundColor: token("--surface"),
          borderColor: token("--line-strong"),
          textStyle: { ...text },
          formatter: (about: { dataType?: string; name: string; data: { words?: string } }) => (about.dataType === "edge" ? (about.data.words ?? "") : `${words.get(about.name)?.words ?? ""}\n${words.get(about.name)?.customers ?? ""}`),
        },
        series: [
          {
            type: "sankey",
            left: 0,
            right: 140,
            top: 8,
            bottom: 8,
            nodeWidth: 12,
            nodeGap: 10,
            nodeAlign: "left",
            draggable: false,
            layoutIterations: 32,
            emphasis: { focus: "adjacency" },
            data: stops.map((stop) => ({ name: stop.id, depth: stop.step, itemStyle: { color: token(stop.color), borderWidth: 0 }, label: { show: !stop.thin } })),
            links: streams.map((stream) => ({ source: stream.from, target: stream.to, value: stream.value, words: stream.words })),
            lineStyle: { color: token("--flow"), opacity: 0.45, curveness: 0.5 },
            label: { ...text, width: Math.max(60, Math.floor((box.current?.clientWidth ?? 800) / steps) - 24), overflow: "truncate", formatter: ({ name }: { name: string }) => words.get(name)?.words ?? "" },
          },
        ],
      },
      { notMerge: true },
    );
  }, [stops, streams, scheme]);

  return <div ref={box} role="img" aria-label={label} style={{ height }} />;
}
