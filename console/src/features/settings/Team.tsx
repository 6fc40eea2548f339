import { ActionIcon, Button, NativeSelect, TextInput, Tooltip } from "@mantine/core";
import { IconTrash, IconUserPlus } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";
import { useMay, useSession, type Role } from "../../api/session";
import { useTeam, useTeamChange, type Member } from "../../api/team";
import { Pill } from "../../design/Badges";
import { CodeBlock } from "../../design/Copy";
import { Modal } from "../../design/dialogs";
import { useFormat } from "../../design/format";
import { Answer, Failed } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import styles from "./Settings.module.css";

const ROLES: Role[] = ["viewer", "editor", "admin", "owner"];

export function Team() {
  const say = useText();
  const team = useTeam();
  const admin = useMay("admin");
  const [inviting, setInviting] = useState(false);
  return (
    <section className="stack" aria-labelledby="team">
      <div className="row-between">
        <h2 id="team">{say("settings.team")}</h2>
        {admin ? (
          <Button leftSection={<IconUserPlus size={16} aria-hidden="true" />} onClick={() => setInviting(true)}>
            {say("team.invite")}
          </Button>
        ) : null}
      </div>
      <Answer of={team}>
        {({ items }) => (
          <ul className={`card flush ${styles.list}`}>
            {items.map((member) => (
              <MemberRow key={member.id} member={member} admin={admin} />
            ))}
          </ul>
        )}
      </Answer>
      <dl className={styles.roles}>
        {ROLES.map((role) => (
          <div key={role}>
            <dt>{say(`role.${role}`)}</dt>
            <dd className="dim">{say(`role.${role}.may`)}</dd>
          </div>
        ))}
      </dl>
      {inviting ? <Invite close={() => setInviting(false)} /> : null}
    </section>
  );
}

function MemberRow({ member, admin }: { member: Member; admin: boolean }) {
  const say = useText();
  const format = useFormat();
  const { user } = useSession();
  const { tell, tellError } = useToasts();
  const { setRole, removeMember, invite } = useTeamChange();
  const me = member.id === user?.id;
  const change = (role: Role) =>
    setRole.mutate(
      { id: member.id, role },
      { onSuccess: () => tell(say("team.changed", { name: member.name || member.email }), () => setRole.mutate({ id: member.id, role: member.role }, { onError: tellError })), onError: tellError },
    );
  // A removed person comes back by a new invitation: that is the undo.
  const drop = () =>
    removeMember.mutate(member.id, {
      onSuccess: () => tell(say("team.removed", { name: member.name || member.email }), () => invite.mutate({ email: member.email, role: member.role }, { onSuccess: () => tell(say("team.invitedAgain")), onError: tellError })),
      onError: tellError,
    });
  return (
    <li className={styles.member}>
      <span className="grow">
        <span className="row">
          <strong>{member.name || member.email}</strong>
          {me ? <Pill tone="accent">{say("team.you")}</Pill> : null}
          {member.state === "invited" ? <Pill tone="gold">{say("team.invited")}</Pill> : null}
        </span>
        <span className="dim small">
          {[member.name ? member.email : null, member.state === "invited" && member.expires_at ? say("team.expires", { when: format.date(member.expires_at) }) : member.seen_at ? say("team.seen", { when: format.ago(member.seen_at) }) : null]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </span>
      {admin && !me && member.state === "active" ? (
        <NativeSelect size="xs" aria-label={say("team.role", { name: member.name || member.email })} value={member.role} data={ROLES.map((value) => ({ value, label: say(`role.${value}`) }))} onChange={(event) => change(event.currentTarget.value as Role)} />
      ) : (
        <span className="dim">{say(`role.${member.role}`)}</span>
      )}
      {admin && !me ? (
        <Tooltip label={member.state === "invited" ? say("team.withdraw") : say("team.remove")}>
          <ActionIcon variant="subtle" color="gray" aria-label={say("team.remove.label", { name: member.name || member.email })} onClick={drop}>
            <IconTrash size={16} aria-hidden="true" />
          </ActionIcon>
        </Tooltip>
      ) : null}
    </li>
  );
}

function Invite({ close }: { close: () => void }) {
  const say = useText();
  const { invite } = useTeamChange();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate({ email, role });
  };
  return (
    <Modal opened onClose={close} title={<strong>{say("team.invite")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      {invite.data ? (
        <div className="stack">
          <p style={{ margin: 0 }}>{say("team.link", { email })}</p>
          <CodeBlock label={say("team.link.label")} text={window.location.origin + invite.data.invite_url} />
          <Button onClick={close}>{say("action.done")}</Button>
        </div>
      ) : (
        <form onSubmit={submit} className="stack">
          {invite.error ? <Failed error={invite.error} /> : null}
          <TextInput label={say("entry.email")} type="email" required data-autofocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
          <NativeSelect label={say("team.roleOf")} description={say(`role.${role}.may`)} value={role} data={ROLES.map((value) => ({ value, label: say(`role.${value}`) }))} onChange={(event) => setRole(event.currentTarget.value as Role)} />
          <Button type="submit" loading={invite.isPending}>
            {say("team.invite.go")}
          </Button>
        </form>
      )}
    </Modal>
  );
}
