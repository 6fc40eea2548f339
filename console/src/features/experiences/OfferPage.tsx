import { Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { blankOffer, OFFER_KINDS, useAddCodes, useOffer, useOfferChange, useOffers, type OfferBody, type Stock } from "../../api/offers";
import { usePopulations } from "../../api/populations";
import { useMay, useSession } from "../../api/session";
import type { Saved } from "../../api/shelf";
import { NumberInput } from "../../design/NumberInput";
import { Page } from "../../design/Page";
import { useRemoval } from "../../design/removal";
import { Answer, Failed, Lines } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { useEditing } from "./editing";
import styles from "./Experiences.module.css";
import { Ending, ScheduleFields, Versions } from "./parts";

/** One offer: its terms, its codes, who may have it, what it costs, and until when. */
export function OfferPage() {
  const say = useText();
  const navigate = useNavigate();
  const { key } = useParams({ from: "/rooms/experiences/offers/$key" });
  const offer = useOffer(key === "new" ? null : key);
  const open = (made: string) => void navigate({ to: "/experiences/offers/$key", params: { key: made } });
  if (key === "new") return <Form key="new" saved={null} done={open} />;
  if (offer.data) return <Form key={`${key}-${offer.data.version}`} saved={offer.data} done={open} />;
  return (
    <Page title={say("offer.all")}>
      <Answer of={offer} skeleton={<Lines count={5} />}>
        {() => null}
      </Answer>
    </Page>
  );
}

function Form({ saved, done }: { saved: (Saved<OfferBody> & { stock: Stock }) | null; done: (key: string) => void }) {
  const say = useText();
  const navigate = useNavigate();
  const { workspace } = useSession();
  const editor = useMay("write");
  const change = useOfferChange();
  const rows = useOffers().data?.items ?? [];
  const people = usePopulations().data?.filter((one) => one.kind === "audience") ?? [];
  const editing = useEditing({ saved, blank: blankOffer(), change, taken: rows.map((one) => one.key), done });
  const { draft, set, problems } = editing;
  const remove = useRemoval();
  const drop = () =>
    saved && remove(change, saved, say("exp.removed", { name: saved.body.name }), () => void navigate({ to: "/experiences/offers" }));
  return (
    <Page
      title={saved ? saved.body.name : say("offer.new")}
      lead={<Link to="/experiences/offers">{say("offer.all")}</Link>}
      actions={
        saved && editor ? (
          <Button size="xs" variant="default" onClick={drop}>
            {say("action.remove")}
          </Button>
        ) : null
      }
    >
      <div className={styles.columns}>
        <form
          className={styles.panel}
          onSubmit={(event) => {
            event.preventDefault();
            editing.store();
          }}
        >
          <fieldset disabled={!editor} className={styles.picks}>
            <legend className="visually-hidden">{say("offer.all")}</legend>
            <div className="stack">
              <div className={styles.pair}>
                <TextInput label={say("field.name")} placeholder={say("offer.name.example")} required maxLength={120} value={draft.name} error={problems.name} onChange={(event) => set({ name: event.currentTarget.value })} />
                <NativeSelect label={say("offer.kind")} value={draft.kind} data={OFFER_KINDS.map((value) => ({ value, label: say(`offer.kind.${value}`) }))} onChange={(event) => set({ kind: event.currentTarget.value as OfferBody["kind"] })} />
              </div>
              <Textarea label={say("offer.terms")} description={say("offer.terms.what")} autosize minRows={2} value={draft.terms} error={problems.terms} onChange={(event) => set({ terms: event.currentTarget.value })} />
              <div className={styles.pair}>
                <NativeSelect
                  label={say("offer.codes")}
                  value={draft.codes}
                  data={(["none", "shared", "single"] as const).map((value) => ({ value, label: say(`offer.codes.${value}`) }))}
                  onChange={(event) => {
                    const codes = event.currentTarget.value as OfferBody["codes"];
                    set({ codes, code: codes === "shared" ? draft.code : null });
                  }}
                />
                {draft.codes === "shared" ? <TextInput label={say("offer.code")} required value={draft.code ?? ""} error={problems.code} onChange={(event) => set({ code: event.currentTarget.value || null })} /> : null}
                <NativeSelect
                  label={say("offer.audience")}
                  value={draft.audience ?? ""}
                  error={problems.audience}
                  data={[{ value: "", label: say("exp.everybody") }, ...people.map((one) => ({ value: one.value.replace("audience:", ""), label: one.name }))]}
                  onChange={(event) => set({ audience: event.currentTarget.value || null })}
                />
                <NumberInput
                  label={say("offer.cost", { currency: draft.cost?.currency ?? workspace.currency })}
                  description={say("offer.cost.what")}
                  min={0}
                  error={problems["cost.amount"] ?? problems["cost.currency"]}
                  value={draft.cost?.amount ?? ""}
                  onChange={(value) => set({ cost: value === "" ? null : { amount: Number(value), currency: draft.cost?.currency ?? workspace.currency } })}
                />
              </div>
              <ScheduleFields value={draft.valid} save={(valid) => set({ valid })} problem={problems.valid ?? problems["valid.end"]} />
            </div>
          </fieldset>
          {editor ? <Ending of={editing} ready={draft.name.trim() !== ""} back={null} /> : null}
        </form>
        {saved ? (
          <div className={styles.side}>
            {saved.body.codes === "single" ? <Codes of={saved.key} stock={saved.stock} editor={editor} /> : null}
            <section className={styles.panel}>
              <Versions history={saved.history} />
            </section>
          </div>
        ) : null}
      </div>
    </Page>
  );
}

function Codes({ of, stock, editor }: { of: string; stock: Stock; editor: boolean }) {
  const say = useText();
  const { tell } = useToasts();
  const add = useAddCodes(of);
  const [text, setText] = useState("");
  const codes = text.split(/[\s,;]+/).filter(Boolean);
  return (
    <section className={styles.panel} aria-labelledby="stock">
      <h2 id="stock">{say("offer.stock")}</h2>
      <p>{say("offer.stock.left", { left: stock.codes - stock.given, given: stock.given })}</p>
      {editor ? (
        <form
          className="stack-s"
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate(codes, {
              onSuccess: () => {
                tell(say("offer.stock.added", { count: codes.length }));
                setText("");
              },
            });
          }}
        >
          <Textarea label={say("offer.stock.add")} description={say("offer.stock.add.what")} autosize minRows={2} maxRows={8} value={text} onChange={(event) => setText(event.currentTarget.value)} />
          {add.error ? <Failed error={add.error} /> : null}
          <div>
            <Button type="submit" size="xs" variant="default" disabled={codes.length === 0} loading={add.isPending}>
              {say("offer.stock.put", { count: codes.length })}
            </Button>
          </div>
        </form>
      ) : null}
    </section>
  );
}
