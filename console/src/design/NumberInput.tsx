import { Input, Skeleton } from "@mantine/core";
import { lazy, Suspense, type ComponentProps } from "react";

const Later = lazy(async () => ({ default: (await import("./numberField")).NumberInput }));

type Props = Omit<ComponentProps<typeof Later>, "onChange"> & { onChange?: (value: number | string) => void };

/** A field for a number. It knows signs, steps and suffixes, and loads after the form it stands in. */
export function NumberInput({ onChange, ...props }: Props) {
  return (
    <Suspense
      fallback={
        <Input.Wrapper label={props.label} description={props.description}>
          <Skeleton height={props.size === "xs" ? 30 : 36} radius="sm" />
        </Input.Wrapper>
      }
    >
      <Later {...props} onChange={(value) => onChange?.(typeof value === "bigint" ? Number(value) : value)} />
    </Suspense>
  );
}
