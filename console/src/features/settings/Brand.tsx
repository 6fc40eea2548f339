import { Alert, Button, FileButton, Textarea, TextInput } from "@mantine/core";
import { IconCalendarDue } from "@tabler/icons-react";
import { useState, type CSSProperties } from "react";
import { blankBrand, DEFAULT_BRAND, useBrand, useBrandChange, useBrands, type Brand as BrandBody, type Colours } from "../../api/brand";
import { useMay, useSession } from "../../api/session";
import { useFormat } from "../../design/format";
import { Answer, Failed } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { problemsUnder } from "../../questions/problems";
import styles from "./Brand.module.css";

const COLOURS = ["primary", "text", "background", "surface", "accent"] as const satisfies readonly (keyof Colours)[];
const MOST_BYTES = 100_000;

/** The living brand book: the fields, and beside them what they make of a survey, a mail and a button. */
export function Brand() {
  const { workspace } = useSession();
  const rows = useBrands();
  const version = rows.data?.items.find((one) => one.key === DEFAULT_BRAND)?.version ?? 0;
  const saved = useBrand(version > 0 ? DEFAULT_BRAND : null);
  return (
    <Answer of={rows}>
      {() =>
        version === 0 ? (
          <Book key="blank" brand={blankBrand(workspace.name)} version={0} due={false} />
        ) : (
          <Answer of={saved}>{(one) => <Book key={one.version} brand={one.body} version={one.version} due={one.review_due} />}</Answer>
        )
      }
    </Answer>
  );
}

function Book({ brand, version, due }: { brand: BrandBody; version: number; due: boolean }) {
  const say = useText();
  const format = useFormat();
  const may = useMay("write");
  const { tell, tellError } = useToasts();
  const { create, save } = useBrandChange();
  const [draft, setDraft] = useState(brand);
  const error = create.error ?? save.error;
  const problems = problemsUnder(error, "");
  const set = (change: Partial<BrandBody>) => setDraft({ ...draft, ...change });
  const store = () => {
    const back = () => save.mutate({ key: DEFAULT_BRAND, expected: version + 1, body: brand }, { onError: tellError });
    const onSuccess = () => tell(say("brand.saved"), back);
    if (version === 0) create.mutate({ key: DEFAULT_BRAND, body: draft }, { onSuccess });
    else save.mutate({ key: DEFAULT_BRAND, expected: version, body: draft }, { onSuccess });
  };
  return (
    <div className="stack">
      {due && brand.review ? (
        <Alert color="yellow" icon={<IconCalendarDue size={18} aria-hidden="true" />} title={say("brand.due")}>
          {say("brand.due.words", { day: format.date(brand.review) })}
        </Alert>
      ) : null}
      <div className={styles.columns}>
        <form
          className="card stack"
          aria-label={say("settings.brand")}
          onSubmit={(event) => {
            event.preventDefault();
            store();
          }}
        >
          <p className="dim" style={{ margin: 0 }}>
            {say("brand.lead")}
          </p>
          <fieldset disabled={!may} className={styles.bare}>
            <legend className="visually-hidden">{say("settings.brand")}</legend>
            <div className="stack">
              <TextInput label={say("field.name")} required maxLength={120} value={draft.name} error={problems.name} onChange={(event) => set({ name: event.currentTarget.value })} />
              <div className={styles.pair}>
                <LogoField label={say("brand.logo")} hint={say("brand.logo.hint")} accept="image/svg+xml,image/png" value={draft.logo} problem={problems.logo} set={(logo) => set({ logo })} />
                <LogoField label={say("brand.logoMail")} hint={say("brand.logoMail.hint")} accept="image/png" value={draft.logo_mail} problem={problems.logo_mail} set={(logo) => set({ logo_mail: logo })} />
              </div>
              <div className={styles.colours} role="group" aria-label={say("brand.colours")}>
                {COLOURS.map((name) => (
                  <ColourField key={name} label={say(`brand.colour.${name}`)} value={draft.colours[name]} problem={problems[`colours.${name}`]} set={(colour) => set({ colours: { ...draft.colours, [name]: colour } })} />
                ))}
              </div>
              {problems["colours.on_primary"] ? <p className={styles.problem}>{problems["colours.on_primary"]}</p> : null}
              <div className={styles.pair}>
                <TextInput label={say("brand.font.heading")} value={draft.fonts.heading} error={problems["fonts.heading"]} onChange={(event) => set({ fonts: { ...draft.fonts, heading: event.currentTarget.value } })} />
                <TextInput label={say("brand.font.body")} value={draft.fonts.body} error={problems["fonts.body"]} onChange={(event) => set({ fonts: { ...draft.fonts, body: event.currentTarget.value } })} />
              </div>
              <TextInput label={say("brand.promise")} description={say("brand.promise.hint")} maxLength={400} value={draft.promise} error={problems.promise} onChange={(event) => set({ promise: event.currentTarget.value })} />
              <Textarea label={say("brand.tone")} description={say("brand.tone.hint")} autosize minRows={2} maxLength={4000} value={draft.tone} error={problems.tone} onChange={(event) => set({ tone: event.currentTarget.value })} />
              <div className={styles.pair}>
                <TextInput label={say("brand.website")} placeholder={say("brand.website.example")} value={draft.website} error={problems.website} onChange={(event) => set({ website: event.currentTarget.value })} />
                <TextInput label={say("brand.review")} description={say("brand.review.hint")} type="date" value={draft.review ?? ""} error={problems.review} onChange={(event) => set({ review: event.currentTarget.value || null })} />
              </div>
              <TextInput label={say("brand.address")} description={say("brand.address.hint")} maxLength={400} value={draft.address} error={problems.address} onChange={(event) => set({ address: event.currentTarget.value })} />
            </div>
          </fieldset>
          {error ? <Failed error={error} /> : null}
          {may ? (
            <div>
              <Button type="submit" loading={create.isPending || save.isPending}>
                {say("action.save")}
              </Button>
            </div>
          ) : null}
        </form>
        <Preview of={draft} />
      </div>
    </div>
  );
}

function ColourField({ label, value, problem, set }: { label: string; value: string; problem: string | undefined; set: (colour: string) => void }) {
  const say = useText();
  return (
    <TextInput
      label={label}
      value={value}
      maxLength={7}
      error={problem}
      leftSection={<input type="color" aria-label={say("brand.colour.pick", { colour: label })} className={styles.swatch} value={isColour(value) ? value : "#000000"} onChange={(event) => set(event.currentTarget.value)} />}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}

function LogoField({ label, hint, accept, value, problem, set }: { label: string; hint: string; accept: string; value: string | null; problem: string | undefined; set: (data: string | null) => void }) {
  const say = useText();
  const [tooLarge, setTooLarge] = useState(false);
  const read = (file: File | null) => {
    if (!file) return;
    setTooLarge(file.size > MOST_BYTES);
    if (file.size > MOST_BYTES) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => set(String(reader.result)));
    reader.readAsDataURL(file);
  };
  return (
    <div className="stack-s" role="group" aria-label={label}>
      <strong className={styles.label}>{label}</strong>
      <span className="dim small">{hint}</span>
      {value ? <img className={styles.logo} src={value} alt={label} /> : null}
      <div className="row">
        <FileButton accept={accept} onChange={read}>
          {(props) => (
            <Button {...props} size="xs" variant="default">
              {say(value ? "brand.logo.replace" : "brand.logo.choose")}
            </Button>
          )}
        </FileButton>
        {value ? (
          <Button size="xs" variant="subtle" color="gray" onClick={() => set(null)}>
            {say("action.remove")}
          </Button>
        ) : null}
      </div>
      {tooLarge ? <p className={styles.problem}>{say("brand.logo.tooLarge")}</p> : null}
      {problem ? <p className={styles.problem}>{problem}</p> : null}
    </div>
  );
}

/** What the brand makes of what customers see, as it is typed. */
function Preview({ of }: { of: BrandBody }) {
  const say = useText();
  const paint = {
    "--brand-primary": of.colours.primary,
    "--brand-on-primary": of.colours.on_primary ?? readableOn(of.colours.primary),
    "--brand-text": of.colours.text,
    "--brand-background": of.colours.background,
    "--brand-surface": of.colours.surface,
    "--brand-accent": of.colours.accent,
    "--brand-font-heading": of.fonts.heading,
    "--brand-font-body": of.fonts.body,
  } as CSSProperties;
  const head = (logo: string | null) => (logo ? <img className={styles.logo} src={logo} alt={of.name} /> : <strong className={styles.name}>{of.name}</strong>);
  const pngLogo = of.logo_mail ?? (of.logo?.startsWith("data:image/png") ? of.logo : null);
  return (
    <aside className={styles.preview} style={paint} aria-label={say("brand.preview")}>
      <figure>
        <figcaption>{say("brand.preview.survey")}</figcaption>
        <div className={styles.sheet}>
          {head(of.logo)}
          <p className={styles.question}>{say("brand.preview.question")}</p>
          <div className={styles.scale} aria-hidden="true">
            {Array.from({ length: 11 }, (_, score) => (
              <span key={score} data-chosen={score === 9}>
                {score}
              </span>
            ))}
          </div>
        </div>
      </figure>
      <figure>
        <figcaption>{say("brand.preview.mail")}</figcaption>
        <div className={styles.mail}>
          {head(pngLogo)}
          <div className={styles.sheet}>
            <p className={styles.question}>{say("brand.preview.hello")}</p>
            <p>{of.promise || say("brand.preview.words")}</p>
            <span className={styles.button}>{say("brand.preview.button")}</span>
          </div>
          <small>{[of.name, of.address].filter(Boolean).join(" · ")}</small>
        </div>
      </figure>
      {of.tone || of.promise ? (
        <figure>
          <figcaption>{say("brand.preview.voice")}</figcaption>
          <div className={styles.sheet}>
            {of.promise ? <p className={styles.question}>{of.promise}</p> : null}
            {of.tone ? <p className={styles.tone}>{of.tone}</p> : null}
          </div>
        </figure>
      ) : null}
    </aside>
  );
}

const isColour = (text: string): boolean => /^#[0-9a-f]{6}$/i.test(text);

/** Black or white, whichever reads better (WCAG's relative luminance; the server judges by the same). */
function readableOn(colour: string): string {
  if (!isColour(colour)) return "#ffffff";
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 ? "#ffffff" : "#000000";
}
