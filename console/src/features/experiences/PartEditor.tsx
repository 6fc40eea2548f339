import { Button, NativeSelect, Switch, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { BLOCKS, type BlockButton, type ContentPart, type ContentType } from "../../api/content";
import { NumberInput } from "../../design/NumberInput";
import { useText } from "../../design/text";
import styles from "./Experiences.module.css";

interface Props {
  type: ContentType;
  body: ContentPart;
  set: (body: ContentPart) => void;
  problems: Record<string, string>;
}

/** What one version says: an editor for each type of content. */
export function PartEditor({ type, body, set, problems }: Props) {
  const say = useText();
  const put = (change: Partial<ContentPart>) => set({ ...body, ...change });
  if (BLOCKS.includes(type)) return <BlockEditor type={type} body={body} set={set} problems={problems} />;
  if (type === "text") return <Textarea label={say("content.text")} required autosize minRows={2} value={body.text ?? ""} error={problems.text} onChange={(event) => put({ text: event.currentTarget.value })} />;
  if (type === "html")
    return (
      <Textarea
        label={say("content.html")}
        description={say("content.html.what")}
        required
        autosize
        minRows={5}
        classNames={{ input: "mono" }}
        spellCheck={false}
        value={body.html ?? ""}
        error={problems.html}
        onChange={(event) => put({ html: event.currentTarget.value })}
      />
    );
  if (type === "redirect")
    return (
      <>
        <TextInput label={say("content.url")} description={say("content.url.own")} required value={body.url ?? ""} error={problems.url} onChange={(event) => put({ url: event.currentTarget.value })} />
        <Switch label={say("content.keepQuery")} checked={body.keep_query ?? true} onChange={(event) => put({ keep_query: event.currentTarget.checked })} />
      </>
    );
  return <JsonEditor body={body} set={set} problems={problems} />;
}

function JsonEditor({ body, set, problems }: Omit<Props, "type">) {
  const say = useText();
  const [text, setText] = useState(() => JSON.stringify(body.data ?? {}, null, 2));
  const [wrong, setWrong] = useState(false);
  const read = (value: string) => {
    setText(value);
    try {
      set({ data: JSON.parse(value) as unknown });
      setWrong(false);
    } catch {
      setWrong(true);
    }
  };
  return <Textarea label={say("content.data")} description={say("content.data.what")} autosize minRows={5} classNames={{ input: "mono" }} spellCheck={false} value={text} error={wrong ? say("content.data.wrong") : problems.data} onChange={(event) => read(event.currentTarget.value)} />;
}

const POSITIONS: Partial<Record<ContentType, string[]>> = {
  banner: ["top", "bottom"],
  popup: ["center"],
  notification: ["top-right", "bottom-right", "bottom-left"],
  panel: ["left", "right"],
};

function BlockEditor({ type, body, set, problems }: Props) {
  const say = useText();
  const put = (change: Partial<ContentPart>) => set({ ...body, ...change });
  const buttons = body.buttons ?? [];
  const change = (index: number, part: Partial<BlockButton>) => put({ buttons: buttons.map((one, at) => (at === index ? { ...one, ...part } : one)) });
  const positions = POSITIONS[type] ?? [];
  return (
    <>
      <TextInput label={say("content.title")} value={body.title ?? ""} error={problems.title} onChange={(event) => put({ title: event.currentTarget.value })} />
      <Textarea label={say("content.text")} autosize minRows={2} value={body.text ?? ""} error={problems.text} onChange={(event) => put({ text: event.currentTarget.value })} />
      {buttons.map((one, index) => (
        <fieldset key={index} className={styles.part}>
          <legend>{say("content.button", { number: index + 1 })}</legend>
          <TextInput size="xs" label={say("content.button.label")} required value={one.label} error={problems[`buttons[${index}].label`]} onChange={(event) => change(index, { label: event.currentTarget.value })} />
          <TextInput
            size="xs"
            label={say("content.button.url")}
            placeholder={say("content.url.example")}
            value={one.url ?? ""}
            error={problems[`buttons[${index}].url`]}
            onChange={(event) => change(index, { url: event.currentTarget.value || null })}
          />
          <Button size="compact-xs" variant="subtle" color="gray" style={{ justifySelf: "start" }} onClick={() => put({ buttons: buttons.filter((_, at) => at !== index) })}>
            {say("content.button.remove", { number: index + 1 })}
          </Button>
        </fieldset>
      ))}
      {buttons.length < 3 ? (
        <div>
          <Button size="compact-xs" variant="default" onClick={() => put({ buttons: [...buttons, { label: "", kind: buttons.length === 0 ? "primary" : "secondary" }] })}>
            {say("content.button.add")}
          </Button>
        </div>
      ) : null}
      <details className={styles.more}>
        <summary>{say("content.more")}</summary>
        <div className="stack-s">
          <TextInput label={say("content.image")} value={body.image ?? ""} error={problems.image} onChange={(event) => put({ image: event.currentTarget.value || null })} />
          {body.image ? <TextInput label={say("content.image.alt")} value={body.image_alt ?? ""} onChange={(event) => put({ image_alt: event.currentTarget.value })} /> : null}
          {positions.length > 1 ? (
            <NativeSelect
              label={say("content.position")}
              value={body.position ?? positions[0] ?? ""}
              data={positions.map((value) => ({ value, label: say(`content.position.${value}` as "content.position.top") }))}
              onChange={(event) => put({ position: event.currentTarget.value })}
            />
          ) : null}
          <NativeSelect
            label={say("content.trigger")}
            value={body.trigger ?? "load"}
            data={(["load", "delay", "scroll", "exit"] as const).map((value) => ({ value, label: say(`content.trigger.${value}`) }))}
            onChange={(event) => put({ trigger: event.currentTarget.value as NonNullable<ContentPart["trigger"]> })}
          />
          {body.trigger === "delay" ? <NumberInput label={say("content.delay")} min={0} max={3600} value={body.delay ?? 5} onChange={(value) => put({ delay: Number(value) })} /> : null}
          {body.trigger === "scroll" ? <NumberInput label={say("content.scroll")} min={0} max={100} suffix=" %" value={Math.round((body.scroll ?? 0.5) * 100)} onChange={(value) => put({ scroll: Number(value) / 100 })} /> : null}
          <Switch label={say("content.dismissible")} checked={body.dismissible ?? true} onChange={(event) => put({ dismissible: event.currentTarget.checked })} />
        </div>
      </details>
    </>
  );
}
