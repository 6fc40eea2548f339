import { Button } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconBulb, IconPlus } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useIdeaChange, useIdeas, useUseCases, type IdeaRow, type UseCase } from "../../../api/ideas";
import { useMay } from "../../../api/session";
import { Pill } from "../../../design/Badges";
import { keyFor } from "../../../design/keys";
import { Answer, Empty } from "../../../design/states";
import { useText, useTextOr } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import styles from "../Experiments.module.css";
import { IdeaDrawer } from "./IdeaDrawer";
import { NewIdea } from "./NewIdea";
import { StateOf, TestIt } from "./parts";

/** What could be better, from anyone: the next use case on top, ideas by votes, and what was refuted. */
export function IdeaList() {
  const say = useText();
  const ideas = useIdeas();
  const navigate = useNavigate({ from: "/experiments/ideas" });
  const { idea } = useSearch({ from: "/rooms/improving/experiments/ideas" });
  const [writing, setWriting] = useState(false);
  const open = (key: string | undefined) => void navigate({ search: key ? { idea: key } : {} });
  const taken = ideas.data?.items.map((row) => row.key) ?? [];
  const write = (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setWriting(true)}>
      {say("idea.new")}
    </Button>
  );
  return (
    <div className="stack">
      <UseCases taken={taken} open={open}>
        {write}
      </UseCases>
      <section className="stack-s" aria-labelledby="ideas">
        <h2 id="ideas">{say("ideas.ours")}</h2>
        <Answer of={ideas}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon={<IconBulb />} title={say("ideas.empty")}>
                {say("ideas.empty.words")}
              </Empty>
            ) : (
              <ul className={styles.ideas}>
                {items.map((row) => (
                  <li key={row.key} className={`card ${styles.idea}`}>
                    <Row row={row} open={() => open(row.key)} />
                  </li>
                ))}
              </ul>
            )
          }
        </Answer>
      </section>
      {writing ? (
        <NewIdea
          taken={taken}
          close={() => setWriting(false)}
          open={(key) => {
            setWriting(false);
            open(key);
          }}
        />
      ) : null}
      {idea ? <IdeaDrawer key={idea} id={idea} close={() => open(undefined)} open={open} /> : null}
    </div>
  );
}

function Row({ row, open }: { row: IdeaRow; open: () => void }) {
  const say = useText();
  const about = [say(`idea.effort.${row.effort}`), row.evidence > 0 ? say("idea.evidence.count", { count: row.evidence }) : "", row.author];
  return (
    <>
      <Vote row={row} />
      <span className="grow">
        <button type="button" className={styles.open} aria-haspopup="dialog" onClick={open}>
          {row.name}
        </button>
        <span className="dim small" style={{ display: "block" }}>
          {about.filter(Boolean).join(" · ")}
        </span>
        {row.learning ? <span className={styles.learning}>{say("experiment.learned", { learning: row.learning })}</span> : null}
      </span>
      <span className="row">
        <StateOf state={row.state} />
        <TestIt row={row} />
      </span>
    </>
  );
}

function Vote({ row }: { row: IdeaRow }) {
  const say = useText();
  const { vote } = useIdeaChange();
  const { tellError } = useToasts();
  const cast = (up: boolean) => vote.mutate({ key: row.key, up: row.votes.mine === up ? null : up }, { onError: tellError });
  return (
    <span className={styles.votes}>
      <button type="button" className={styles.vote} aria-pressed={row.votes.mine === true} aria-label={say("idea.vote.up", { name: row.name })} onClick={() => cast(true)}>
        <IconArrowUp size={16} aria-hidden="true" />
      </button>
      <span className="figures small" aria-label={say("idea.votes", { up: row.votes.up, down: row.votes.down })} role="img">
        {row.votes.up - row.votes.down}
      </span>
      <button type="button" className={styles.vote} aria-pressed={row.votes.mine === false} aria-label={say("idea.vote.down", { name: row.name })} onClick={() => cast(false)}>
        <IconArrowDown size={16} aria-hidden="true" />
      </button>
    </span>
  );
}

/** The use case to do next, then all the others from simple to advanced. */
function UseCases({ taken, open, children }: { taken: string[]; open: (key: string) => void; children: ReactNode }) {
  const say = useText();
  const cases = useUseCases();
  const [all, setAll] = useState(false);
  const take = useTake(taken, open);
  const next = cases.data?.items.find((one) => one.standing === "next");
  const rest = cases.data?.items.filter((one) => one !== next) ?? [];
  return (
    <Answer of={cases}>
      {() => (
        <section className="stack-s" aria-label={say("useCases.title")}>
          {next ? (
            <div className={`card ${styles.next}`}>
              <div className="grow">
                <span className="small">{say("useCases.next")}</span>
                <h2>{next.use_case.title}</h2>
                <p>{next.use_case.why}</p>
              </div>
              <Button variant="default" onClick={() => take(next)}>
                {say("useCases.take")}
              </Button>
            </div>
          ) : null}
          <div className="row-between">
            <Button variant="subtle" size="compact-sm" aria-expanded={all} onClick={() => setAll(!all)}>
              {say(all ? "useCases.fewer" : "useCases.all", { count: rest.length })}
            </Button>
            {children}
          </div>
          {all ? (
            <ul className={styles.cases}>
              {rest.map((one) => (
                <Case key={one.use_case.key} one={one} take={() => take(one)} open={open} />
              ))}
            </ul>
          ) : null}
        </section>
      )}
    </Answer>
  );
}

function Case({ one, take, open }: { one: UseCase; take: () => void; open: (key: string) => void }) {
  const say = useText();
  const sayOr = useTextOr();
  const { use_case: known, standing, idea } = one;
  return (
    <li className={`card ${styles.case}`}>
      <div className="row-between">
        <span className="dim small">{say("useCases.level", { level: known.level })}</span>
        {standing === "taken" || standing === "done" ? <Pill tone="accent">{say(`useCases.${standing}`)}</Pill> : null}
      </div>
      <h3>{known.title}</h3>
      <span className="dim small">{standing === "waits" || standing === "no_data" ? sayOr(`useCases.${standing}`, one.reason, { reason: one.reason }) : known.why}</span>
      <div>
        {idea ? (
          <Button size="compact-sm" variant="default" onClick={() => open(idea)}>
            {say("useCases.see")}
          </Button>
        ) : (
          <Button size="compact-sm" variant="default" aria-label={say("useCases.take.named", { name: known.title })} onClick={take}>
            {say("useCases.take")}
          </Button>
        )}
      </div>
    </li>
  );
}

function useTake(taken: string[], open: (key: string) => void): (one: UseCase) => void {
  const say = useText();
  const { propose, discard } = useIdeaChange();
  const { tell, tellError } = useToasts();
  const may = useMay("write");
  return ({ use_case: known }) =>
    propose.mutate(
      { key: keyFor(known.key, taken), from_template: known.key },
      {
        onSuccess: (made) => {
          tell(say("useCases.taken.told", { name: known.title }), may ? () => discard.mutate(made.key, { onError: tellError }) : undefined);
          open(made.key);
        },
        onError: tellError,
      },
    );
}
