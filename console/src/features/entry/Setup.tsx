import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useSetup } from "../../api/session";
import { Failed } from "../../design/states";
import { useText } from "../../design/text";
import { Door } from "./Door";

/** First run: whoever holds the one-time token printed at start becomes the owner. The printed link carries it after `#`. */
export function Setup() {
  const say = useText();
  const navigate = useNavigate();
  const setup = useSetup();
  const [form, setForm] = useState({ token: window.location.hash.slice(1), workspace: "", name: "", email: "", password: "" });
  const field = (name: keyof typeof form) => ({
    value: form[name],
    onChange: (event: { currentTarget: { value: string } }) => setForm({ ...form, [name]: event.currentTarget.value }),
    required: true,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setup.mutate(form, { onSuccess: () => void navigate({ to: "/", replace: true }) });
  };
  return (
    <Door title={say("setup.title")} lead={say("setup.lead")}>
      <form onSubmit={submit}>
        {setup.error ? <Failed error={setup.error} /> : null}
        <TextInput label={say("setup.token")} description={say("setup.token.where")} autoComplete="off" spellCheck={false} {...field("token")} />
        <TextInput label={say("setup.workspace")} description={say("setup.workspace.what")} autoComplete="organization" {...field("workspace")} />
        <TextInput label={say("entry.name")} autoComplete="name" {...field("name")} />
        <TextInput label={say("entry.email")} type="email" autoComplete="username" {...field("email")} />
        <PasswordInput label={say("entry.password")} description={say("entry.password.rule")} minLength={10} autoComplete="new-password" {...field("password")} />
        <Button type="submit" loading={setup.isPending}>
          {say("setup.go")}
        </Button>
      </form>
    </Door>
  );
}
