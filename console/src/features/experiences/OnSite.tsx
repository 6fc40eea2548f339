import { Button, TextInput } from "@mantine/core";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { openSiteEditor, type Change, type Result, type Start } from "../../api/siteEditor";
import { useLocale } from "../../design/locale";
import { useText } from "../../design/text";

const KEPT = "resa.site";

interface Props {
  label: string;
  icon: ReactNode;
  start: Start;
  done: (result: Result) => void;
  /** The changes so far, where the window is closed before they are sent. */
  changed?: (changes: Change[]) => void;
}

const known = (): string => {
  try {
    return localStorage.getItem(KEPT) ?? "";
  } catch {
    return "";
  }
};

const remembered = (address: string): void => {
  try {
    localStorage.setItem(KEPT, address);
  } catch {
    // Private windows keep nothing: then it is typed again.
  }
};

const whole = (text: string): string | null => {
  const address = /^https?:\/\//.test(text.trim()) ? text.trim() : `https://${text.trim()}`;
  return URL.canParse(address) && text.trim() !== "" ? address : null;
};

/** Opens a page of one's own site in a window, where an element is chosen or changed, and takes what was made there. */
export function OnSite({ label, icon, start, done, changed }: Props) {
  const say = useText();
  const { locale } = useLocale();
  const [address, setAddress] = useState(known);
  const [state, setState] = useState<"none" | "waiting" | "open" | "done" | "shut" | "closed">("none");
  const end = useRef<(() => void) | null>(null);
  useEffect(() => () => end.current?.(), []);
  const url = whole(address);
  const open = () => {
    if (!url) return;
    remembered(url);
    end.current?.();
    end.current = openSiteEditor(
      url,
      { ...start, language: locale },
      {
        opened: () => setState("open"),
        ...(changed ? { changed } : {}),
        done: (result) => {
          end.current = null;
          setState("done");
          done(result);
        },
        closed: () => {
          end.current = null;
          setState("closed");
        },
      },
    );
    setState(end.current ? "waiting" : "shut");
  };
  return (
    <div className="stack-s">
      <div className="row" style={{ alignItems: "flex-end" }}>
        <TextInput
          className="grow"
          label={say("onsite.address")}
          placeholder={say("onsite.example")}
          type="url"
          inputMode="url"
          value={address}
          onChange={(event) => setAddress(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            open();
          }}
        />
        <Button variant="default" leftSection={icon} disabled={!url} onClick={open}>
          {label}
        </Button>
      </div>
      <span className="dim small" role="status">
        {state === "none" ? say("onsite.how") : say(`onsite.${state}`)}
      </span>
    </div>
  );
}
