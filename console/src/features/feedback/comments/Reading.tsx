import { ActionIcon, Button, Progress, Switch } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useState } from "react";
import { useCommentChanges, useCommentRuns, useCommentSources, useFreshAfter, useModelCard, type CommentSource } from "../../../api/comments";
import { useLanguageModel } from "../../../api/languageModel";
import { useMay } from "../../../api/session";
import { useFormat } from "../../../design/format";
import { Answer } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { Accuracy } from "./Accuracy";
import { SourceEditor } from "./SourceEditor";

/** Where comments come from, what reads them and how well, and the work on them. */
export function Reading() {
  const say = useText();
  const format = useFormat();
  const may = useMay("write");
  const { tellError } = useToasts();
  const card = useModelCard();
  const sources = useCommentSources();
  const runs = useCommentRuns();
  const changes = useCommentChanges();
  useFreshAfter(runs.data?.items[0]);
  const [editing, setEditing] = useState<CommentSource | null | undefined>(undefined);
  const asks = useLanguageModel().data?.body;
  const running = runs.data?.items.find((run) => run.state === "running" || run.state === "waiting");
  return (
    <section className="card stack" aria-label={say("comments.reading")}>
      <h2>{say("comments.reading")}</h2>
      <Answer of={card}>
        {(model) => (
          <>
            <p className="dim">
              {model.learned ? say("comments.model.learned", { count: model.learned_from }) : say("comments.model.shipped", { count: model.scored, needed: model.needed })}{" "}
              {model.comments ? say("comments.model.notYet", { share: format.percent(model.not_yet / model.comments) }) : null}
            </p>
            <Accuracy card={model} />
          </>
        )}
      </Answer>
      <Answer of={sources}>
        {(data) => (
          <div className="stack-s">
            {data.items.map(({ key, version, body, comments }) => (
              <div key={key} className="row">
                <Switch
                  size="xs"
                  disabled={!may}
                  label={body.name}
                  description={say("comments.source", { event: body.match.name ?? body.match.type, count: comments })}
                  checked={!body.off}
                  onChange={(event) => changes.source.mutate({ key, version, body: { ...body, off: !event.currentTarget.checked } }, { onError: tellError })}
                />
                {may ? (
                  <ActionIcon variant="subtle" color="gray" size="sm" aria-label={say("comments.source.change", { name: body.name })} onClick={() => setEditing({ key, version, body, comments })}>
                    <IconPencil size={15} aria-hidden="true" />
                  </ActionIcon>
                ) : null}
              </div>
            ))}
            {may ? (
              <Button size="xs" variant="default" style={{ alignSelf: "start" }} onClick={() => setEditing(null)}>
                {say("comments.source.new")}
              </Button>
            ) : null}
            {editing !== undefined ? <SourceEditor source={editing} taken={data.items.map((one) => one.key)} close={() => setEditing(undefined)} /> : null}
          </div>
        )}
      </Answer>
      {running ? <Progress value={running.progress * 100} aria-label={say("comments.working")} /> : null}
      {may ? (
        <div className="row">
          <Button size="xs" variant="default" disabled={running !== undefined} onClick={() => changes.begin.mutate("find", { onError: tellError })}>
            {say("comments.find")}
          </Button>
          <Button size="xs" variant="default" disabled={running !== undefined || (card.data?.scored ?? 0) < (card.data?.needed ?? 0)} onClick={() => changes.begin.mutate("learn", { onError: tellError })}>
            {say("comments.learn")}
          </Button>
          {asks?.on && asks.uses.includes("sentiment") && card.data?.not_yet ? (
            <Button size="xs" variant="default" disabled={running !== undefined} onClick={() => changes.begin.mutate("ask", { onError: tellError })}>
              {say("comments.ask")}
            </Button>
          ) : null}
        </div>
      ) : null}
    </section>
  );
}
