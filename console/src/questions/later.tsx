import { Skeleton } from "@mantine/core";
import { lazy, Suspense, type ComponentProps } from "react";

/** Pickers and drawers load after the page that shows them: an answer is read before a question is changed. */
const Any = lazy(async () => ({ default: (await import("./AnyEditor")).AnyEditor }));
const Split = lazy(async () => ({ default: (await import("./SplitBy")).SplitBy }));
const Match = lazy(async () => ({ default: (await import("../matching/MatchEditor")).MatchEditor }));
const People = lazy(async () => ({ default: (await import("./PeopleDrawer")).PeopleDrawer }));

const WAITING = <Skeleton height={30} radius="sm" />;

export const AnyEditor = (props: ComponentProps<typeof Any>) => (
  <Suspense fallback={WAITING}>
    <Any {...props} />
  </Suspense>
);

export const SplitBy = (props: ComponentProps<typeof Split>) => (
  <Suspense fallback={WAITING}>
    <Split {...props} />
  </Suspense>
);

export const MatchEditor = (props: ComponentProps<typeof Match>) => (
  <Suspense fallback={WAITING}>
    <Match {...props} />
  </Suspense>
);

export const PeopleDrawer = (props: ComponentProps<typeof People>) => (
  <Suspense>
    <People {...props} />
  </Suspense>
);
