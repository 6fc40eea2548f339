import { Button, NativeSelect, Textarea } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useIdea, useIdeaChange, type Evidence, type Idea, type IdeaState } from "../../../api/ideas";
import { useMetrics } from "../../../api/metrics";
import { useMay } from "../../../api/session";
import { Drawer } from "../../../design/dialogs";
import { useFormat } from "../../../design/format";
import { Answer, Failed } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import styles from "../Experiments.module.css";
import { useHypothesis } from "../words";
import { Alike } from "./NewIdea";
import { StateOf, TestIt } from "./parts";

/** One idea: what it says, why anybody thinks so, what is known of the like, and what the team thinks. */
export function IdeaDrawer({ id, close, open }: { id: string; close: () => void; open: (key: string) => void }) {
  const say = useText();
  const idea = useIdea(id);
  return (
    <Drawer opened onClose={close} size={480} title={<strong>{idea.data?.body.name ?? say("ideas.title")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      <Answer of={idea}>{(found) => <Told idea={found} close={close} open={open} />}</Answer>
    </Drawer>
  );
}

function Told({ idea, close, open }: { idea: Idea; close: () => void; open: (key: string) => void }) {
  const say = useText();
  const may = useMay("write");
  const { body } = idea;
  const { data: metrics } = useMetrics();
  const words = useHypothesis();
  const hypothesis = words(body, metrics?.items ?? []);
  return (
    <div className="stack">
      <div className="row">
        <StateOf state={idea.state} />
        <TestIt row={{ key: idea.key, name: body.name, state: idea.state, experiment: idea.experiment }} />
      </div>
      {hypothesis ? <p style={{ margin: 0 }}>{hypothesis}</p> : null}
      {body.description && body.description !== body.hypothesis?.because ? <p className="dim" style={{ margin: 0 }}>{body.description}</p> : null}
      {body.learning ? <p className={styles.linked} style={{ margin: 0 }}>{say("experiment.learned", { learning: body.learning })}</p> : null}
      {body.evidence && body.evidence.length > 0 ? (
        <section className="stack-s">
          <h3>{say("idea.evidence")}</h3>
          {body.evidence.map((one, index) => (
            <Why key={index} one={one} />
          ))}
        </section>
      ) : null}
      {idea.similar.length > 0 ? (
        <section className="stack-s">
          <h3>{say("idea.similar")}</h3>
          {idea.similar.map((one) => (
            <Alike key={one.key} one={one} open={() => open(one.key)} />
          ))}
        </section>
      ) : null}
      {may ? <Settle idea={idea} close={close} /> : null}
      <Comments idea={idea} />
    </div>
  );
}

/** Evidence leads to where it comes from, if that is a page of ours. */
function Why({ one }: { one: Evidence }) {
  const say = useText();
  const ref = one.ref ?? "";
  const [map = "", stage = ""] = ref.split("/");
  const words = say(`idea.evidence.${one.kind}`, { ref });
  const door =
    one.kind === "friction" ? (
      <Link to="/friction" search={{ by: "signal", signal: ref }}>{words}</Link>
    ) : (one.kind === "stage" || one.kind === "touchpoint") && stage ? (
      <Link to="/journeys/$key" params={{ key: map }} search={{ point: stage }}>{words}</Link>
    ) : one.kind === "persona" && ref ? (
      <Link to="/customers/personas/$key" params={{ key: ref }}>{words}</Link>
    ) : one.kind === "audience" && ref ? (
      <Link to="/customers/segments/$key" params={{ key: ref }}>{words}</Link>
    ) : one.kind === "metric" && ref ? (
      <Link to="/metrics/$key" params={{ key: ref }}>{words}</Link>
    ) : one.kind === "experiment" && ref ? (
      <Link to="/experiments/$key" params={{ key: ref }}>{words}</Link>
    ) : one.kind === "link" && /^https?:\/\//.test(ref) ? (
      <a href={ref} target="_blank" rel="noreferrer noopener">{ref}</a>
    ) : (
      <span>{words}</span>
    );
  return (
    <div>
      {door}
      {one.text ? <div className="dim small">{one.text}</div> : null}
    </div>
  );
}

const STATES: IdeaState[] = ["idea", "planned", "tested", "confirmed", "refuted", "shelved"];

/** Where the idea stands; what is settled says what was learned, for the next who has it. */
function Settle({ idea, close }: { idea: Idea; close: () => void }) {
  const say = useText();
  const { save, discard } = useIdeaChange();
  const { tell, tellError } = useToasts();
  const [state, setState] = useState<IdeaState>(idea.body.state ?? "idea");
  const [learning, setLearning] = useState(idea.body.learning ?? "");
  const changed = state !== (idea.body.state ?? "idea") || learning !== (idea.body.learning ?? "");
  const settled = state === "confirmed" || state === "refuted" || state === "shelved";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(
      { key: idea.key, expected: idea.version, body: { ...idea.body, state, learning } },
      { onSuccess: (saved) => tell(say("idea.saved"), () => save.mutate({ key: idea.key, expected: saved.version, body: idea.body }, { onError: tellError })) },
    );
  };
  const drop = () =>
    discard.mutate(idea.key, {
      onSuccess: (gone) => {
        tell(say("explore.dropped", { name: idea.body.name }), () => save.mutate({ key: idea.key, expected: gone.expected_version, body: idea.body }, { onError: tellError }));
        close();
      },
      onError: tellError,
    });
  return (
    <form className="stack-s" onSubmit={submit}>
      <NativeSelect size="xs" label={say("idea.state")} description={idea.state === (idea.body.state ?? "idea") ? undefined : say("idea.state.follows", { state: say(`idea.state.${idea.state}`) })} value={state} data={STATES.map((one) => ({ value: one, label: say(`idea.state.${one}`) }))} onChange={(event) => setState(event.currentTarget.value as IdeaState)} />
      {settled ? <Textarea size="xs" label={say("experiment.learning")} description={say("idea.learning.words")} required={state !== "shelved"} autosize minRows={2} value={learning} onChange={(event) => setLearning(event.currentTarget.value)} /> : null}
      {save.error ? <Failed error={save.error} /> : null}
      <div className="row">
        {changed ? (
          <Button size="xs" type="submit" loading={save.isPending}>
            {say("action.save")}
          </Button>
        ) : null}
        <Button size="xs" variant="subtle" color="gray" onClick={drop}>
          {say("action.remove")}
        </Button>
      </div>
    </form>
  );
}

function Comments({ idea }: { idea: Idea }) {
  const say = useText();
  const format = useFormat();
  const { comment } = useIdeaChange();
  const { tellError } = useToasts();
  const [text, setText] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    comment.mutate({ key: idea.key, text }, { onSuccess: () => setText(""), onError: tellError });
  };
  return (
    <section className="stack-s">
      <h3>{say("idea.comments")}</h3>
      {idea.comments.map((one) => (
        <div key={one.id} className={styles.comment}>
          <span className="dim small">{`${one.author} · ${format.ago(one.at)}`}</span>
          <div>{one.text}</div>
        </div>
      ))}
      <form className="stack-s" onSubmit={submit}>
        <Textarea size="xs" aria-label={say("idea.comment")} placeholder={say("idea.comment")} autosize minRows={2} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        {text.trim() ? (
          <div>
            <Button size="xs" type="submit" variant="default" loading={comment.isPending}>
              {say("idea.comment.send")}
            </Button>
          </div>
        ) : null}
      </form>
    </section>
  );
}
