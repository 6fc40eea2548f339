import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState, type FormEvent } from "react";
import { sessionQuery, useSignIn } from "../../api/session";
import { Failed } from "../../design/states";
import { useText } from "../../design/text";
import { Door } from "./Door";

export function SignIn() {
  const say = useText();
  const navigate = useNavigate();
  const { back } = useSearch({ from: "/sign-in" });
  const session = useQuery(sessionQuery);
  const signIn = useSignIn();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  useEffect(() => {
    if (session.data?.setup_required) void navigate({ to: "/setup", replace: true });
  }, [session.data, navigate]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    // Only a path of this console is followed, never another site's address.
    const target = back?.startsWith("/") && !back.startsWith("//") ? back : "/";
    signIn.mutate({ email, password }, { onSuccess: () => void navigate({ href: `/app${target.replace(/^\/app(?=\/|$)/, "")}`, replace: true }) });
  };
  return (
    <Door title={say("entry.signIn")} lead={session.data?.workspace?.name || say("entry.tagline")}>
      <form onSubmit={submit}>
        {signIn.error ? <Failed error={signIn.error} /> : null}
        <TextInput label={say("entry.email")} type="email" autoComplete="username" required autoFocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
        <PasswordInput label={say("entry.password")} autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
        <Button type="submit" loading={signIn.isPending}>
          {say("entry.signIn")}
        </Button>
      </form>
    </Door>
  );
}
