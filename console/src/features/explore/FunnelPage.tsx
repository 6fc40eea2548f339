import { ActionIcon, Button, Menu, NativeSelect } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconDots, IconFilter2, IconPlus, IconTrash, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useId } from "react";
import type { Match } from "../../api/asked";
import { useFunnel, type Exclusion, type FunnelBody, type FunnelStep } from "../../api/questions";
import { useMay } from "../../api/session";
import { Empty } from "../../design/states";
import { useText } from "../../design/text";
import { useAddress, useThan } from "../../questions/address";
import styles from "../../questions/Question.module.css";
import { FunnelAnswerView, FunnelTable } from "./FunnelAnswer";
import { AnyEditor, PeopleDrawer, SplitBy } from "../../questions/later";
import { useUsualStarts } from "./Beginnings";
import { QuestionPage } from "./QuestionPage";
import { WindowSelect } from "../../questions/fields";
import { problemsUnder } from "../../questions/problems";
import { useStepName } from "../../questions/words";
import { askedFunnel, funnelOf, moved, ORDERS } from "./question";
import { ruleOf } from "./segment";

/** Where do we lose people? Steps in an order, and how many come to each. */
export function FunnelPage() {
  const say = useText();
  const than = useThan();
  const { search, lens, query, days, go } = useAddress();
  const starts = useUsualStarts();
  const draft = funnelOf(search.q ?? starts.data?.funnel[0]?.question);
  const name = useStepName();
  const asked = askedFunnel(draft, name);
  const funnel = useFunnel(asked, query, lens.by);
  const save = (body: FunnelBody) => go({ q: { ...body } as Record<string, unknown> });
  const words = asked ? say("funnel.words", { first: asked.steps[0]?.label ?? "", last: asked.steps.at(-1)?.label ?? "" }) : say("explore.funnels");
  const [kind, at, group] = (search.people ?? "").split(/:(.*?)(?::|$)/);
  const step = Number(at);
  const may = useMay("write");
  const rule = asked && (kind === "reached" || kind === "dropped") ? ruleOf(asked, kind, step, days) : null;
  return (
    <>
      <QuestionPage kind="funnel" words={words} asked={asked} beginning={search.q === undefined && starts.isPending} of={funnel} builder={<Builder draft={draft} save={save} error={funnel.error} />} empty={<Empty icon={<IconFilter2 />} title={say("funnel.empty")}>{say("funnel.empty.words")}</Empty>}>
        {(answer) =>
          search.view === "table" ? (
            <FunnelTable answer={answer} than={than} open={(people) => go({ people })} />
          ) : (
            <FunnelAnswerView answer={answer} than={than} window={draft.window_seconds} open={(people) => go({ people })} />
          )
        }
      </QuestionPage>
      {asked && search.people && asked.steps[step] && (kind === "reached" || kind === "dropped") ? (
        <PeopleDrawer
          title={kind === "reached" ? say("funnel.people.reached", { step: asked.steps[step].label }) : say("funnel.people.dropped", { step: asked.steps[step].label, next: asked.steps[step + 1]?.label ?? "" })}
          kind="funnel"
          body={asked}
          lens={query}
          of={{ step, kind, ...(group ? { group } : {}) }}
          by={lens.by}
          verb={
            may && rule ? (
              <div className="stack-s" style={{ gap: 0 }}>
                <Link to="/customers/segments/$key" params={{ key: "new" }} search={{ rule }}>
                  {say("explore.people.segment")}
                </Link>
                {kind === "dropped" ? <span className="dim small">{say("explore.people.segment.dropped")}</span> : null}
              </div>
            ) : null
          }
          close={() => go({ people: undefined })}
        />
      ) : null}
    </>
  );
}

interface BuilderProps {
  draft: FunnelBody;
  save: (draft: FunnelBody) => void;
  error: unknown;
}

function Builder({ draft, save, error }: BuilderProps) {
  const say = useText();
  const id = useId();
  const { steps } = draft;
  const put = (index: number, step: FunnelStep) => save({ ...draft, steps: steps.map((one, at) => (at === index ? step : one)) });
  const problem = (field: string) => Object.values(problemsUnder(error, field))[0];
  return (
    <div className="stack-s">
      {steps.map((step, index) => (
        <StepEditor
          // The place is the step: two steps may be the same event.
          key={`${index}-${steps.length}`}
          index={index}
          last={index === steps.length - 1}
          step={step}
          problems={problemsUnder(error, `steps[${index}]`)}
          save={(next) => put(index, next)}
          move={(by) => save({ ...draft, steps: moved(steps, index, index + by) })}
          drop={steps.length > 2 ? () => save({ ...draft, steps: steps.filter((_, at) => at !== index) }) : null}
        />
      ))}
      {problem("steps") ? <span className={styles.refused} role="alert">{problem("steps")}</span> : null}
      <div>
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => save({ ...draft, steps: [...steps, { label: "", any: [] }] })}>
          {say("funnel.add")}
        </Button>
      </div>
      <div className={styles.field}>
        <label htmlFor={`${id}-window`}>{say("funnel.window")}</label>
        <WindowSelect id={`${id}-window`} value={draft.window_seconds} error={problem("window_seconds")} save={(window_seconds) => save({ ...draft, window_seconds })} />
      </div>
      <div className={styles.field}>
        <label htmlFor={`${id}-order`}>{say("funnel.order")}</label>
        <NativeSelect
          id={`${id}-order`}
          size="xs"
          value={draft.order}
          error={problem("order")}
          data={ORDERS.map((value) => ({ value, label: say(`funnel.order.${value}`) }))}
          onChange={(event) => save({ ...draft, order: event.currentTarget.value as FunnelBody["order"] })}
        />
      </div>
      <SplitBy match={steps[0]?.any[0] ?? null} problem={problem("by")} />
      {draft.order === "any" ? null : (
        <>
          {draft.exclude.map((one, index) => (
            <ExclusionEditor
              key={index}
              steps={steps}
              value={one}
              problems={problemsUnder(error, `exclude[${index}]`)}
              save={(next) => save({ ...draft, exclude: draft.exclude.map((other, at) => (at === index ? next : other)) })}
              drop={() => save({ ...draft, exclude: draft.exclude.filter((_, at) => at !== index) })}
            />
          ))}
          <div>
            <Button size="compact-xs" variant="subtle" leftSection={<IconX size={12} aria-hidden="true" />} onClick={() => save({ ...draft, exclude: [...draft.exclude, { any: [], after: 0, before: 1 }] })}>
              {say("funnel.exclude.add")}
            </Button>
          </div>
        </>
      )}
    </div>
  );
}

const PICTURE = { size: 14, "aria-hidden": true } as const;

interface StepProps {
  index: number;
  last: boolean;
  step: FunnelStep;
  problems: Record<string, string>;
  save: (step: FunnelStep) => void;
  move: (by: number) => void;
  drop: (() => void) | null;
}

function StepEditor({ index, last, step, problems, save, move, drop }: StepProps) {
  const say = useText();
  const number = index + 1;
  const any: (Match | null)[] = step.any.length > 0 ? step.any : [null];
  return (
    <section className={styles.step} aria-label={say("funnel.step", { number })}>
      <AnyEditor
        any={any}
        label={say("funnel.step.event", { number })}
        problems={problems}
        save={(matches) => save({ ...step, any: matches })}
        lead={<span className={styles.number}>{number}</span>}
        tail={
          <Menu>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={say("funnel.step.menu", { number })}>
                <IconDots size={15} aria-hidden="true" />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconPlus {...PICTURE} />} disabled={step.any.length === 0} onClick={() => save({ ...step, any: [...step.any, { type: "track", name: null }] })}>
                {say("funnel.or")}
              </Menu.Item>
              <Menu.Item leftSection={<IconArrowUp {...PICTURE} />} disabled={index === 0} onClick={() => move(-1)}>
                {say("funnel.up", { number })}
              </Menu.Item>
              <Menu.Item leftSection={<IconArrowDown {...PICTURE} />} disabled={last} onClick={() => move(1)}>
                {say("funnel.down", { number })}
              </Menu.Item>
              <Menu.Item leftSection={<IconTrash {...PICTURE} />} disabled={!drop} onClick={() => drop?.()}>
                {say("funnel.remove", { number })}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        }
      />
      {problems[""] || problems.any || problems.label ? (
        <span className={styles.refused} role="alert">
          {problems[""] ?? problems.any ?? problems.label}
        </span>
      ) : null}
    </section>
  );
}

interface ExclusionProps {
  steps: FunnelStep[];
  value: Exclusion;
  problems: Record<string, string>;
  save: (value: Exclusion) => void;
  drop: () => void;
}

/** Who did this between two steps is left out from there on. */
function ExclusionEditor({ steps, value, problems, save, drop }: ExclusionProps) {
  const say = useText();
  const numbers = steps.map((_, index) => ({ value: String(index), label: say("funnel.step", { number: index + 1 }) }));
  return (
    <section className={styles.step} aria-label={say("funnel.exclude")}>
      <div className={styles.stephead}>
        <span className="dim small grow">{say("funnel.exclude")}</span>
        <ActionIcon variant="subtle" color="gray" size={24} aria-label={say("funnel.exclude.remove")} onClick={drop}>
          <IconTrash size={14} aria-hidden="true" />
        </ActionIcon>
      </div>
      <AnyEditor any={value.any.length > 0 ? value.any : [null]} label={say("funnel.exclude")} problems={problems} save={(any) => save({ ...value, any })} />
      <div className="row" style={{ flexWrap: "nowrap" }}>
        <NativeSelect
          size="xs"
          aria-label={say("funnel.exclude.after")}
          value={String(value.after)}
          error={problems.after}
          data={numbers.slice(0, -1).map((one) => ({ ...one, label: say("funnel.exclude.after.step", { number: Number(one.value) + 1 }) }))}
          onChange={(event) => {
            const after = Number(event.currentTarget.value);
            save({ ...value, after, before: Math.max(after + 1, value.before) });
          }}
        />
        <NativeSelect
          size="xs"
          aria-label={say("funnel.exclude.before")}
          value={String(value.before)}
          error={problems.before}
          data={numbers.slice(value.after + 1).map((one) => ({ ...one, label: say("funnel.exclude.before.step", { number: Number(one.value) + 1 }) }))}
          onChange={(event) => save({ ...value, before: Number(event.currentTarget.value) })}
        />
      </div>
      {problems[""] || problems.any ? (
        <span className={styles.refused} role="alert">
          {problems[""] ?? problems.any}
        </span>
      ) : null}
    </section>
  );
}

