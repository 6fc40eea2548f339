import { Button, NativeSelect, SegmentedControl, Switch, Textarea } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { ApiError } from "../../../api/client";
import type { JourneyBody } from "../../../api/journeys";
import { useNoteChange, type Claim, type NoteKind } from "../../../api/notes";
import { CHANNELS, useChannelName } from "../../../design/channels";
import { NumberInput } from "../../../design/NumberInput";
import { Failed } from "../../../design/states";
import { useText } from "../../../design/text";
import styles from "./Together.module.css";

/** A claim to begin with, about the place the note is on. */
function firstClaim(body: JourneyBody, on: string): Claim {
  const [kind, key = ""] = on.split(":");
  if (kind === "touchpoint") return { says: "uses", than: "more", share: 0.2, touchpoint: key };
  const place = Math.max(0, body.stages.findIndex((stage) => stage.key === key));
  const from = Math.min(place, Math.max(0, body.stages.length - 2));
  return { says: "goes_on", than: "more", share: 0.3, stage: body.stages[from]?.key ?? "", to: body.stages[from + 1]?.key ?? "" };
}

/** Writes a note on a place of the map: a comment, an assumption that data can check, a good or bad experience. */
export function Composer({ journey, body, on }: { journey: string; body: JourneyBody; on: string }) {
  const say = useText();
  const { add } = useNoteChange(journey);
  const [kind, setKind] = useState<NoteKind>("comment");
  const [text, setText] = useState("");
  const [good, setGood] = useState(false);
  const [claim, setClaim] = useState<Claim | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(
      { kind, on, text: text.trim(), ...(kind === "experience" ? { good } : {}), ...(kind === "assumption" && claim ? { claim } : {}) },
      {
        onSuccess: () => {
          setText("");
          setClaim(null);
        },
      },
    );
  };
  return (
    <form className={styles.composer} onSubmit={submit}>
      <SegmentedControl
        size="xs"
        aria-label={say("notes.kind")}
        value={kind}
        onChange={(value) => setKind(value as NoteKind)}
        data={(["comment", "assumption", "experience"] as const).map((value) => ({ value, label: say(`notes.${value}`) }))}
      />
      <Textarea
        autosize
        minRows={2}
        aria-label={say("notes.text")}
        placeholder={say(`notes.${kind}.hint`)}
        value={text}
        error={add.error instanceof ApiError && add.error.body.field === "text" ? add.error.body.rule : undefined}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {kind === "experience" ? (
        <SegmentedControl
          size="xs"
          aria-label={say("notes.experience")}
          value={good ? "good" : "bad"}
          onChange={(value) => setGood(value === "good")}
          data={[
            { value: "good", label: say("notes.experience.good") },
            { value: "bad", label: say("notes.experience.bad") },
          ]}
        />
      ) : null}
      {kind === "assumption" ? (
        <>
          <Switch size="xs" label={say("notes.check")} checked={claim !== null} onChange={(event) => setClaim(event.currentTarget.checked ? firstClaim(body, on) : null)} />
          {claim ? <ClaimEditor claim={claim} body={body} save={setClaim} /> : null}
        </>
      ) : null}
      {add.error && !(add.error instanceof ApiError && add.error.body.field === "text") ? <Failed error={add.error} /> : null}
      <div>
        <Button type="submit" size="xs" disabled={text.trim() === ""} loading={add.isPending}>
          {say("notes.add")}
        </Button>
      </div>
    </form>
  );
}

function ClaimEditor({ claim, body, save }: { claim: Claim; body: JourneyBody; save: (claim: Claim) => void }) {
  const say = useText();
  const channel = useChannelName();
  const stages = body.stages.map((one) => ({ value: one.key, label: one.name }));
  const touchpoints = body.stages.flatMap((stage) => stage.touchpoints.filter((one) => !one.by_hand).map((one) => ({ value: one.key, label: one.name })));
  const stage = stages[0]?.value ?? "";
  const turn = (says: Claim["says"]): Claim => {
    const { than } = claim;
    if (says === "goes_on") return { says, than, share: claim.share ?? 0.3, stage, to: stages[1]?.value ?? "" };
    if (says === "uses") return { says, than, share: claim.share ?? 0.2, touchpoint: claim.touchpoint ?? touchpoints[0]?.value ?? "" };
    if (says === "comes_by") return { says, than, share: claim.share ?? 0.5, channel: "web" };
    return { says, than, seconds: 86_400, touchpoint: claim.touchpoint ?? touchpoints[0]?.value ?? "" };
  };
  const select = (label: string, value: string, data: { value: string; label: string }[], put: (value: string) => void) => <NativeSelect size="xs" aria-label={label} value={value} data={data} onChange={(event) => put(event.currentTarget.value)} />;
  return (
    <div className={styles.claim} role="group" aria-label={say("claim.title")}>
      {select(
        say("claim.says"),
        claim.says,
        (["goes_on", "uses", "comes_by", "takes"] as const).map((value) => ({ value, label: say(`claim.says.${value}`) })),
        (value) => save(turn(value as Claim["says"])),
      )}
      {claim.says === "goes_on" || claim.says === "comes_by"
        ? select(say("claim.stage"), claim.stage ?? "", [...(claim.says === "comes_by" ? [{ value: "", label: say("notes.map") }] : []), ...stages], (value) => save({ ...claim, stage: value || null }))
        : null}
      {claim.says === "goes_on" ? (
        <>
          <span aria-hidden="true">→</span>
          {select(say("claim.to"), claim.to ?? "", stages, (value) => save({ ...claim, to: value }))}
        </>
      ) : null}
      {claim.says === "uses" || claim.says === "takes" ? select(say("claim.touchpoint"), claim.touchpoint ?? "", touchpoints, (value) => save({ ...claim, touchpoint: value })) : null}
      {claim.says === "comes_by" ? select(say("word.channel"), claim.channel ?? "", CHANNELS.map((value) => ({ value, label: channel(value) })), (value) => save({ ...claim, channel: value })) : null}
      {select(
        say("claim.than"),
        claim.than,
        (["more", "fewer"] as const).map((value) => ({ value, label: say(`claim.than.${value}`) })),
        (value) => save({ ...claim, than: value === "fewer" ? "fewer" : "more" }),
      )}
      {claim.says === "takes" ? (
        <NumberInput size="xs" w={110} min={0} hideControls aria-label={say("claim.hours")} suffix={` ${say("claim.hours.suffix")}`} value={Math.round(((claim.seconds ?? 0) / 3600) * 100) / 100} onChange={(value) => typeof value === "number" && value > 0 && save({ ...claim, seconds: value * 3600 })} />
      ) : (
        <NumberInput size="xs" w={80} min={0} max={100} hideControls aria-label={say("claim.share")} suffix=" %" value={Math.round((claim.share ?? 0) * 1000) / 10} onChange={(value) => typeof value === "number" && save({ ...claim, share: Math.min(1, Math.max(0, value / 100)) })} />
      )}
    </div>
  );
}
