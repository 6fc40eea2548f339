import type { StageNumbers } from "../../api/journeys";
import styles from "./Board.module.css";
import { BAR, drawingOf, dropBand, nextBand, skipBand } from "./flow";

/** The flow between stages, to scale: height is customers. Its figures stand as text beneath, so it is hidden from screen readers. */
export function FlowStrip({ stages }: { stages: StageNumbers[] }) {
  const { width, height, nodes } = drawingOf(stages);
  return (
    <svg className={styles.flow} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <defs>
        <linearGradient id="flow-drop" gradientUnits="userSpaceOnUse" x1="0" x2="0" y1={height * 0.25} y2={height}>
          <stop offset="0" stopColor="var(--ember)" stopOpacity="0.85" />
          <stop offset="1" stopColor="var(--ember)" stopOpacity="0.04" />
        </linearGradient>
        {nodes.map((node) => (
          <linearGradient key={node.key} id={`flow-skip-${node.key}`} gradientUnits="userSpaceOnUse" x1={node.x} x2={node.x + 54} y1="0" y2="0">
            <stop offset="0" stopColor="var(--flow)" stopOpacity="0.9" />
            <stop offset="1" stopColor="var(--flow)" stopOpacity="0" />
          </linearGradient>
        ))}
      </defs>
      {nodes.map((node, index) => {
        const to = nodes[index + 1];
        return (
          <g key={node.key}>
            {node.drop > 0.2 ? <path d={dropBand(node, height)} fill="url(#flow-drop)" opacity={0.25 + 0.75 * Math.min(1, node.drop / Math.max(1, node.height))} /> : null}
            {node.skip > 0.2 ? <path d={skipBand(node)} fill={`url(#flow-skip-${node.key})`} /> : null}
            {to && node.next > 0 ? <path d={nextBand(node, to)} fill="var(--flow)" opacity="0.75" /> : null}
            <rect x={node.x} y={node.top} width={BAR} height={node.height} rx="1" fill="var(--flow-strong)" />
          </g>
        );
      })}
    </svg>
  );
}
