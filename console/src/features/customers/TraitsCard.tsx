import { ActionIcon, Button, TextInput, Tooltip } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";
import { useCustomerChange, type Customer, type Trait } from "../../api/customers";
import { useFormat } from "../../design/format";
import { plain } from "../../design/Properties";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import styles from "./Cards.module.css";

/** What is known of a customer, each with who said so and when. */
export function TraitsCard({ customer, editable }: { customer: Customer; editable: boolean }) {
  const say = useText();
  const { tell, tellError } = useToasts();
  const { setTraits } = useCustomerChange(customer.profile);
  const [editing, setEditing] = useState<string | null>(null);
  const put = (name: string, value: unknown) => {
    const before = customer.traits.find((trait) => trait.name === name)?.value ?? null;
    setTraits.mutate(
      { [name]: value },
      {
        onSuccess: () => tell(say("trait.saved", { name }), () => setTraits.mutate({ [name]: before }, { onError: tellError })),
        onError: tellError,
      },
    );
    setEditing(null);
  };
  return (
    <section className={styles.card} aria-labelledby="traits">
      <h2 id="traits">{say("customer.traits")}</h2>
      {customer.traits.length === 0 ? <p className="dim small">{say("customer.traits.none")}</p> : null}
      <dl className={styles.traits}>
        {customer.traits.map((trait) => (
          <TraitRow key={trait.name} trait={trait} editing={editing === trait.name} edit={editable ? () => setEditing(trait.name) : undefined} cancel={() => setEditing(null)} put={put} />
        ))}
      </dl>
      {editable ? <NewTrait put={put} /> : null}
    </section>
  );
}

interface RowProps {
  trait: Trait;
  editing: boolean;
  edit: (() => void) | undefined;
  cancel: () => void;
  put: (name: string, value: unknown) => void;
}

function TraitRow({ trait, editing, edit, cancel, put }: RowProps) {
  const say = useText();
  const format = useFormat();
  const origin = say("trait.origin", {
    source: trait.source || say("word.unknown"),
    identity: trait.identity ?? say("word.unknown"),
    when: trait.time ? format.dateTime(trait.time) : say("word.unknown"),
    verified: trait.verified ? "yes" : "no",
  });
  return (
    <div className={styles.trait}>
      <dt>{trait.name}</dt>
      <dd>
        {editing ? (
          <ValueForm label={trait.name} start={plain(trait.value)} done={(value) => put(trait.name, value)} cancel={cancel} />
        ) : (
          <>
            <span className="grow">
              {plain(trait.value)}
              <span className={styles.origin}>{origin}</span>
            </span>
            {edit && typeof trait.value !== "object" ? (
              <Tooltip label={say("action.edit")}>
                <ActionIcon size={24} variant="subtle" color="gray" aria-label={say("trait.edit", { name: trait.name })} onClick={edit}>
                  <IconPencil size={14} aria-hidden="true" />
                </ActionIcon>
              </Tooltip>
            ) : null}
          </>
        )}
      </dd>
    </div>
  );
}

/** Numbers stay numbers, yes and no stay so, nothing removes the trait. */
function meant(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  if (/^-?\d{1,15}(\.\d+)?$/.test(trimmed) && !/^0\d/.test(trimmed)) return Number(trimmed);
  if (trimmed === "true" || trimmed === "false") return trimmed === "true";
  return trimmed;
}

function ValueForm({ label, start, done, cancel }: { label: string; start: string; done: (value: unknown) => void; cancel: () => void }) {
  const say = useText();
  const [text, setText] = useState(start);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    done(meant(text));
  };
  return (
    <form onSubmit={submit} className="row grow">
      <TextInput className="grow" size="xs" autoFocus aria-label={label} value={text} onChange={(event) => setText(event.currentTarget.value)} onKeyDown={(event) => event.key === "Escape" && cancel()} />
      <Button size="xs" type="submit">
        {say("action.save")}
      </Button>
    </form>
  );
}

function NewTrait({ put }: { put: (name: string, value: unknown) => void }) {
  const say = useText();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  if (!open) {
    return (
      <Button size="compact-xs" variant="subtle" onClick={() => setOpen(true)}>
        {say("trait.add")}
      </Button>
    );
  }
  return (
    <div className="stack-s">
      <TextInput size="xs" autoFocus label={say("trait.name")} value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <ValueForm
        label={say("trait.value")}
        start=""
        cancel={() => setOpen(false)}
        done={(value) => {
          if (name.trim()) put(name.trim(), value);
          setOpen(false);
          setName("");
        }}
      />
    </div>
  );
}
