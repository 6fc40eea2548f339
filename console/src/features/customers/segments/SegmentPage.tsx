import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconChartLine, IconDots, IconFlask, IconPencil, IconRoute, IconTrash } from "@tabler/icons-react";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useAudience, useAudienceChange, useAudienceSize, useAudienceTemplates, useMembers, type Audience, type AudienceBody, type Member, type Rule } from "../../../api/audiences";
import { useJourneys } from "../../../api/journeys";
import { useMay } from "../../../api/session";
import { useFormat } from "../../../design/format";
import { More } from "../../../design/More";
import { Page } from "../../../design/Page";
import { Answer, Empty, Lines } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { Face } from "../Face";
import { RuleWords } from "./RuleWords";
import styles from "./Segments.module.css";
import { SizePanel } from "./SizePanel";
import { Why } from "./Why";

const SegmentEditor = lazy(async () => ({ default: (await import("./SegmentEditor")).SegmentEditor }));

/** One segment: who is in it, its rule in words, who can be reached; or its editor. */
export function SegmentPage() {
  const say = useText();
  const { key } = useParams({ from: "/rooms/customers/segments/$key" });
  if (key === "new") return <NewSegment />;
  return (
    <Known key={key} id={key}>
      {say("segments.title")}
    </Known>
  );
}

const BLANK: AudienceBody = { name: "", description: "", rule: { all: [] } };

function NewSegment() {
  const say = useText();
  const navigate = useNavigate();
  const { template, rule } = useSearch({ from: "/rooms/customers/segments/$key" });
  const templates = useAudienceTemplates();
  const start = template ? templates.data?.items.find((one) => one.key === template)?.body : rule ? { ...BLANK, rule: { all: [rule as Rule] } } : BLANK;
  if (!start && templates.isLoading) {
    return (
      <Page title={say("segment.new")}>
        <Lines count={6} />
      </Page>
    );
  }
  return (
    <Suspense fallback={<Lines count={6} />}>
      <SegmentEditor start={start ?? BLANK} id={null} version={0} suggested={template} done={(key) => void (key ? navigate({ to: "/customers/segments/$key", params: { key } }) : navigate({ to: "/customers/segments" }))} />
    </Suspense>
  );
}

function Known({ id, children }: { id: string; children: string }) {
  const navigate = useNavigate({ from: "/customers/segments/$key" });
  const { edit } = useSearch({ from: "/rooms/customers/segments/$key" });
  const editor = useMay("write");
  const segment = useAudience(id);
  const done = () => void navigate({ search: {} });
  if (!segment.data) {
    return (
      <Page title={children}>
        <Answer of={segment}>{() => null}</Answer>
      </Page>
    );
  }
  if (edit && editor) {
    return (
      <Suspense fallback={<Lines count={6} />}>
        <SegmentEditor start={segment.data.body} id={id} version={segment.data.version} done={done} />
      </Suspense>
    );
  }
  return <Shown segment={segment.data} editor={editor} edit={() => void navigate({ search: { edit: true } })} />;
}

function Shown({ segment, editor, edit }: { segment: Audience; editor: boolean; edit: () => void }) {
  const say = useText();
  const navigate = useNavigate();
  const { tell, tellError } = useToasts();
  const { body } = segment;
  const size = useAudienceSize(body);
  const { discard, save } = useAudienceChange();
  const drop = () =>
    discard.mutate(segment.key, {
      onSuccess: ({ expected_version: expected }) => {
        void navigate({ to: "/customers/segments" });
        tell(say("segment.removed", { name: body.name }), () => save.mutate({ key: segment.key, expected, body }, { onError: tellError }));
      },
      onError: tellError,
    });
  return (
    <Page
      title={body.name}
      lead={body.description || <Link to="/customers/segments">{say("segments.title")}</Link>}
      actions={
        editor ? (
          <>
            <Button size="xs" variant="default" leftSection={<IconPencil size={14} aria-hidden="true" />} onClick={edit}>
              {say("action.edit")}
            </Button>
            <Menu>
              <Menu.Target>
                <ActionIcon variant="default" size={30} aria-label={say("segment.menu")}>
                  <IconDots size={16} aria-hidden="true" />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item leftSection={<IconTrash size={16} aria-hidden="true" />} onClick={drop}>
                  {say("segment.remove")}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </>
        ) : null
      }
    >
      <Verbs id={segment.key} />
      <div className={styles.columns}>
        <Members id={segment.key} name={body.name} />
        <div className={styles.side}>
          <SizePanel size={size.data} waiting={size.isFetching && !size.data} />
          <section className={styles.panel} aria-labelledby="rule">
            <h2 id="rule">{say("segment.rule")}</h2>
            <RuleWords rule={body.rule} />
          </section>
        </div>
      </div>
    </Page>
  );
}

/** What to do with these people: every room can be looked at through them. */
function Verbs({ id }: { id: string }) {
  const say = useText();
  const may = useMay("write");
  const journey = useJourneys().data?.items[0];
  const population = `audience:${id}`;
  return (
    <div className="row">
      {journey ? (
        <Link to="/journeys/$key" params={{ key: journey.key }} search={{ population }} className={styles.verb}>
          <IconRoute size={16} aria-hidden="true" /> {say("segment.seeJourney")}
        </Link>
      ) : null}
      <Link to="/friction" search={{ population }} className={styles.verb}>
        <IconChartLine size={16} aria-hidden="true" /> {say("segment.seeFriction")}
      </Link>
      {may ? (
        <Link to="/experiments/$key" params={{ key: "new" }} search={{ audience: id }} className={styles.verb}>
          <IconFlask size={16} aria-hidden="true" /> {say("experiment.testOn")}
        </Link>
      ) : null}
    </div>
  );
}

function Members({ id, name }: { id: string; name: string }) {
  const say = useText();
  const format = useFormat();
  const members = useMembers(id);
  const [asked, setAsked] = useState<Member | null>(null);
  const called = (one: Member) => one.name || one.email || say("customer.anonymous");
  return (
    <section aria-labelledby="members" className="stack-s">
      <h2 id="members">{say("segment.members")}</h2>
      <Answer of={members}>
        {(data) => {
          const items = data.pages.flatMap((page) => page.items);
          if (items.length === 0) return <Empty title={say("segment.nobody")}>{say("segment.nobody.words")}</Empty>;
          return (
            <div className="card flush">
              <ul className={styles.members}>
                {items.map((one) => (
                  <li key={one.profile}>
                    <Link to="/customers/$profile" params={{ profile: one.profile }} className={styles.member}>
                      <Face name={one.name || one.email || ""} seed={one.profile} />
                      <span className={styles.what}>
                        <strong className="clip">{called(one)}</strong>
                        <span className="dim small clip">{one.name && one.email ? one.email : one.profile}</span>
                      </span>
                      <span className={styles.since}>{one.since ? say("segment.since", { when: format.ago(one.since) }) : null}</span>
                    </Link>
                    <Button size="compact-xs" variant="subtle" aria-label={say("why.ask.label", { name: called(one) })} onClick={() => setAsked(one)}>
                      {say("why.ask")}
                    </Button>
                  </li>
                ))}
              </ul>
              <More of={members} />
            </div>
          );
        }}
      </Answer>
      {asked ? <Why segment={id} name={name} profile={asked.profile} who={called(asked)} close={() => setAsked(null)} /> : null}
    </section>
  );
}
