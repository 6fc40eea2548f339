import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconEye } from "@tabler/icons-react";
import { useState } from "react";
import { useCustomers } from "../../api/customers";
import { usePreview, type Previewed, type PreviewWish, type Somebody } from "../../api/decisions";
import { useExperiences, type ExperienceBody } from "../../api/experiences";
import { usePersonas } from "../../api/personas";
import type { Saved } from "../../api/shelf";
import { Answer, Lines } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import { ContentPreview } from "./ContentPreview";
import styles from "./Experiences.module.css";

/** The placement through the eyes of a customer, a persona, or somebody nobody knows; and why they see what they see. */
export function PreviewPanel({ of }: { of: Saved<ExperienceBody> }) {
  const say = useText();
  const { body } = of;
  const [as, setAs] = useState("meant");
  const [profile, setProfile] = useState<string | null>(null);
  const [url, setUrl] = useState("");
  const [wish, setWish] = useState<PreviewWish | null>(null);
  const personas = usePersonas().data?.items ?? [];
  const preview = usePreview(wish);
  const somebody = (): Somebody => {
    if (as === "customer") return { profile };
    if (as === "meant") return { segments: body.audience ? [body.audience] : [], persona: body.persona, returning: body.context.visitor === "new" ? false : body.context.visitor === "returning" ? true : null };
    if (as === "stranger") return { segments: [], consent: { analytics: "granted", personalisation: "denied" }, returning: false };
    return { persona: as.replace("persona:", ""), segments: [] };
  };
  const campaign = Object.fromEntries(Object.entries(body.context.campaign).flatMap(([name, values]: [string, string[]]) => (values[0] ? [[name, values[0]]] : [])));
  const ask = () =>
    setWish({
      placements: [body.placement],
      somebody: somebody(),
      visit: { url, device: body.context.devices[0] ?? null, ...(as === "meant" ? { campaign } : {}) },
      drafts: true,
    });
  return (
    <section className={styles.panel} aria-labelledby="preview">
      <h2 id="preview">{say("preview.title")}</h2>
      <form
        className="stack-s"
        onSubmit={(event) => {
          event.preventDefault();
          ask();
        }}
      >
        <div className={styles.pair}>
          <NativeSelect
            label={say("preview.as")}
            value={as}
            data={[
              { value: "meant", label: say("preview.as.meant") },
              { value: "stranger", label: say("preview.as.stranger") },
              { value: "customer", label: say("preview.as.customer") },
              ...personas.map((one) => ({ value: `persona:${one.key}`, label: one.name })),
            ]}
            onChange={(event) => setAs(event.currentTarget.value)}
          />
          <TextInput label={say("preview.url")} placeholder={say("onsite.example")} value={url} onChange={(event) => setUrl(event.currentTarget.value)} />
        </div>
        {as === "customer" ? <Customer value={profile} set={setProfile} /> : null}
        <div>
          <Button type="submit" size="xs" variant="default" leftSection={<IconEye size={14} aria-hidden="true" />} disabled={as === "customer" && profile === null} loading={preview.isFetching}>
            {say("preview.show")}
          </Button>
        </div>
      </form>
      {wish === null ? (
        <p className="dim">{say("preview.what")}</p>
      ) : (
        <Answer of={preview} skeleton={<Lines count={3} />}>
          {({ items }) => <div aria-live="polite">{items.map((one) => <Seen key={one.placement} of={one} mine={of.key} />)}</div>}
        </Answer>
      )}
    </section>
  );
}

function Customer({ value, set }: { value: string | null; set: (profile: string | null) => void }) {
  const say = useText();
  const [text, setText] = useState("");
  const [wanted] = useDebouncedValue(text.trim(), 200);
  const found = useCustomers(wanted).data?.pages[0]?.items.slice(0, 8) ?? [];
  return (
    <div className={styles.pair}>
      <TextInput label={say("preview.find")} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      <NativeSelect
        label={say("preview.customer")}
        value={value ?? ""}
        data={[{ value: "", label: say("preview.choose") }, ...found.map((one) => ({ value: one.profile, label: one.name || one.email || one.profile }))]}
        onChange={(event) => set(event.currentTarget.value || null)}
      />
    </div>
  );
}

function Seen({ of, mine }: { of: Previewed; mine: string }) {
  const say = useText();
  const sayOr = useTextOr();
  const names = new Map(useExperiences().data?.items.map((one) => [one.key, one.name]));
  return (
    <div className="stack-s">
      {of.body && of.type ? <ContentPreview type={of.type} body={of.body} label={say("preview.seen")} /> : <p>{say("preview.nothing")}</p>}
      <p>
        {of.experience ? say("preview.by", { name: names.get(of.experience) ?? of.experience, mine: of.experience === mine ? "yes" : "no" }) : null} <span className="dim">{of.reason.text}</span>
      </p>
      {of.passed.length > 0 ? (
        <>
          <h3>{say("preview.passed")}</h3>
          <ul className={styles.outcomes}>
            {of.passed.map((one) => (
              <li key={one.experience}>
                <span>{names.get(one.experience) ?? one.experience}</span>
                <span className="dim small">{sayOr(`held.${one.code}`, one.text)}</span>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </div>
  );
}
