import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useAcceptInvite } from "../../api/session";
import { Failed } from "../../design/states";
import { useText } from "../../design/text";
import { Door } from "./Door";

export function Invite() {
  const say = useText();
  const navigate = useNavigate();
  const accept = useAcceptInvite();
  const [token] = useState(window.location.hash.slice(1));
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    accept.mutate({ token, name, password }, { onSuccess: () => void navigate({ to: "/", replace: true }) });
  };
  return (
    <Door title={say("invite.title")} lead={token ? say("invite.lead") : say("invite.broken")}>
      {token ? (
        <form onSubmit={submit}>
          {accept.error ? <Failed error={accept.error} /> : null}
          <TextInput label={say("entry.name")} autoComplete="name" required autoFocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <PasswordInput label={say("entry.password")} description={say("entry.password.rule")} minLength={10} autoComplete="new-password" required value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
          <Button type="submit" loading={accept.isPending}>
            {say("invite.go")}
          </Button>
        </form>
      ) : null}
    </Door>
  );
}
