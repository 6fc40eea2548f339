import { Button, TextInput } from "@mantine/core";
import { IconPlus, IconRoute } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useJourneyChange, useJourneys, useJourneyTemplates } from "../../api/journeys";
import { useMay } from "../../api/session";
import { Page } from "../../design/Page";
import { Modal } from "../../design/dialogs";
import { Answer, Empty } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { keyFor } from "../../design/keys";
import { emptyStage } from "./edit/draft";
import styles from "./JourneyList.module.css";

export function JourneyList() {
  const say = useText();
  const journeys = useJourneys();
  const [creating, setCreating] = useState(false);
  const editor = useMay("write");
  const create = (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setCreating(true)}>
      {say("journey.new")}
    </Button>
  );
  return (
    <Page title={say("room.journeys")} lead={say("journeys.lead")} actions={editor ? create : null}>
      <Answer of={journeys}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconRoute />} title={say("journeys.empty")} action={editor ? create : null}>
              {say("journeys.empty.words")}
            </Empty>
          ) : (
            <ul className={styles.list}>
              {items.map((journey) => (
                <li key={journey.key}>
                  <Link to="/journeys/$key" params={{ key: journey.key }} className={styles.journey}>
                    <span className={styles.dots} aria-hidden="true">
                      {Array.from({ length: Math.min(10, journey.stages) }, (_, index) => (
                        <span key={index} style={{ blockSize: `${28 - index * 2}px` }} />
                      ))}
                    </span>
                    <span className="grow">
                      <strong>{journey.name}</strong>
                      <span className="dim" style={{ display: "block" }}>
                        {[journey.persona, journey.goal?.metric, say("journeys.stages", { count: journey.stages })].filter(Boolean).join(" · ")}
                      </span>
                    </span>
                    <span className="dim small">{say("history.version", { version: journey.version })}</span>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
      {creating ? <Create taken={journeys.data?.items.map((one) => one.key) ?? []} close={() => setCreating(false)} /> : null}
    </Page>
  );
}

function Create({ taken, close }: { taken: string[]; close: () => void }) {
  const say = useText();
  const navigate = useNavigate();
  const { tellError } = useToasts();
  const templates = useJourneyTemplates();
  const { create } = useJourneyChange();
  const [name, setName] = useState("");
  const [template, setTemplate] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const key = keyFor(name, taken);
    const chosen = template ?? templates.data?.items[0]?.key ?? "";
    const request = chosen === "" ? { key, name, body: { name, description: "", persona: "", goal: null, stages: [emptyStage(say("journey.firstStage"))] } } : { key, name, from_template: chosen };
    create.mutate(request, {
      onSuccess: (made) => void navigate({ to: "/journeys/$key", params: { key: made.key ?? key }, search: chosen === "" ? { edit: true } : {} }),
      onError: tellError,
    });
  };
  return (
    <Modal opened onClose={close} title={<strong>{say("journey.new")}</strong>} size="lg" closeButtonProps={{ "aria-label": say("action.close") }}>
      <form onSubmit={submit} className="stack">
        <TextInput label={say("field.name")} placeholder={say("journey.name.example")} required data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Answer of={templates}>
          {({ items }) => (
            <fieldset className={styles.templates}>
              <legend>{say("journey.start")}</legend>
              {[...items, { key: "", name: say("journey.blank"), description: say("journey.blank.words"), stages: [] as string[] }].map((one) => (
                <label key={one.key}>
                  <input type="radio" name="template" checked={(template ?? items[0]?.key ?? "") === one.key} onChange={() => setTemplate(one.key)} />
                  <span>
                    <strong>{one.name}</strong>
                    <span className="dim small">{one.stages.length > 0 ? one.stages.join(" → ") : one.description}</span>
                  </span>
                </label>
              ))}
            </fieldset>
          )}
        </Answer>
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button type="submit" loading={create.isPending}>
            {say("journey.create")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
