export function SegmentList() { return null; }
