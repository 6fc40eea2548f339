import { Button, NativeSelect, PasswordInput, SegmentedControl, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { LOCALES, useLocale, type Locale } from "../../design/locale";
import { useChangePassword, useSession } from "../../api/session";
import { Failed } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";

/** Language names in their own language, as they should be found. */
const NAMES: Record<Locale, string> = { en: "English", sv: "Svenska" };

export function You() {
  const say = useText();
  const { user } = useSession();
  const { locale, setLocale } = useLocale();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <div className="stack" style={{ maxWidth: 560 }}>
      <section className="card stack" aria-labelledby="you">
        <h2 id="you">{user?.name || user?.email}</h2>
        <div className="dim">{user?.email}</div>
        <NativeSelect label={say("you.language")} value={locale} data={LOCALES.map((value) => ({ value, label: NAMES[value] }))} onChange={(event) => setLocale(event.currentTarget.value as Locale)} />
        <div>
          <div id="theme" style={{ fontSize: "var(--mantine-font-size-sm)", fontWeight: 500, marginBottom: 4 }}>
            {say("you.theme")}
          </div>
          <SegmentedControl
            aria-labelledby="theme"
            value={colorScheme}
            onChange={(value) => setColorScheme(value as MantineColorScheme)}
            data={(["auto", "light", "dark"] as const).map((value) => ({ value, label: say(`theme.name.${value}`) }))}
          />
        </div>
      </section>
      <Password />
    </div>
  );
}

function Password() {
  const say = useText();
  const { tell } = useToasts();
  const change = useChangePassword();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(
      { old, new: next },
      {
        onSuccess: () => {
          setOld("");
          setNext("");
          tell(say("you.password.changed"));
        },
      },
    );
  };
  return (
    <section className="card" aria-labelledby="password">
      <h2 id="password">{say("you.password")}</h2>
      <form onSubmit={submit} className="stack" style={{ marginTop: 12 }}>
        {change.error ? <Failed error={change.error} /> : null}
        <PasswordInput label={say("you.password.old")} autoComplete="current-password" required value={old} onChange={(event) => setOld(event.currentTarget.value)} />
        <PasswordInput label={say("you.password.new")} description={say("entry.password.rule")} autoComplete="new-password" minLength={10} required value={next} onChange={(event) => setNext(event.currentTarget.value)} />
        <div>
          <Button type="submit" loading={change.isPending}>
            {say("you.password.go")}
          </Button>
        </div>
      </form>
    </section>
  );
}
