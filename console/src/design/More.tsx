import { Button } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useText } from "./text";

interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** The end of an endless list: loads the next page when it comes into view, and by a button for those who don't scroll. */
export function More({ of }: { of: Pages }) {
  const say = useText();
  const end = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = of;
  useEffect(() => {
    const node = end.current;
    if (!node || !hasNextPage) return undefined;
    const watch = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting) && !isFetchingNextPage) void fetchNextPage();
      },
      { rootMargin: "400px" },
    );
    watch.observe(node);
    return () => watch.disconnect();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (!hasNextPage) return null;
  return (
    <div ref={end} style={{ padding: 12, textAlign: "center" }}>
      <Button variant="subtle" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        {say("list.more")}
      </Button>
    </div>
  );
}
