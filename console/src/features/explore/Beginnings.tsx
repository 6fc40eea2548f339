import { Button, Menu } from "@mantine/core";
import { IconBulb } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { fetchQuestion, useSavedQuestions, useStarts, type Asked } from "../../api/questions";
import { useSession } from "../../api/session";
import { useFormat } from "../../design/format";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { lensOf, usualPeriod } from "../../lens/lens";
import { useClauseWords } from "../../matching/clauses";
import { useAddress } from "../../questions/address";
import { PAGE_OF, searchOf } from "./saved";

const MOST_SAVED = 8;

/** Of the period that a page shows where nobody has chosen one. */
export function useUsualStarts() {
  const { workspace } = useSession();
  return useStarts(Number.parseInt(usualPeriod(workspace.demo), 10));
}

interface Beginning {
  name: string;
  q: Record<string, unknown>;
}

/** Questions of the workspace's own data, in words; the first is what the page opens on. */
function useBeginnings(kind: Asked): Beginning[] {
  const say = useText();
  const format = useFormat();
  const wordsOf = useClauseWords();
  const { data } = useUsualStarts();
  if (!data) return [];
  if (kind === "trends") return data.trends.map(({ series }) => ({ name: format.list(series.map(({ match }) => (match ? wordsOf(match) : ""))), q: { series } }));
  if (kind === "funnel") return data.funnel.map(({ name, question: { steps } }) => ({ name: say("explore.example.funnel", { name }), q: { steps } }));
  if (kind === "retention") return data.retention.map(({ start }) => ({ name: say("explore.example.retention", { what: format.list(start.any.map(wordsOf)) }), q: { start } }));
  return data.paths.map(({ anchor, direction, by_page }) => ({
    name: say(`explore.example.paths.${anchor ? direction : "anywhere"}`, { what: anchor ? wordsOf(anchor.match) : "" }),
    q: { anchor, direction, ...(by_page ? { by_page } : {}) },
  }));
}

/** Examples of one's own data, and what colleagues have saved of this kind. */
export function Beginnings({ kind }: { kind: Asked }) {
  const say = useText();
  const navigate = useNavigate();
  const { tellError } = useToasts();
  const { go } = useAddress();
  const examples = useBeginnings(kind);
  const saved = (useSavedQuestions().data?.items ?? []).filter((row) => row.kind === kind);
  const open = (key: string) =>
    void fetchQuestion(key)
      .then((found) => navigate({ to: PAGE_OF[found.body.kind], search: searchOf(key, found.body.body) as never }))
      .catch(tellError);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<IconBulb size={14} aria-hidden="true" />}>
          {say("explore.examples")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {examples.length > 0 ? <Menu.Label>{say("explore.examples.own")}</Menu.Label> : null}
        {examples.map(({ name, q }) => (
          <Menu.Item key={name} onClick={() => go({ q, saved: undefined })}>
            {name}
          </Menu.Item>
        ))}
        <Menu.Item onClick={() => go({ q: {}, saved: undefined })}>{say("explore.examples.none")}</Menu.Item>
        {saved.length > 0 ? <Menu.Label>{say("explore.saved")}</Menu.Label> : null}
        {saved.slice(0, MOST_SAVED).map((row) => (
          <Menu.Item key={row.key} onClick={() => open(row.key)}>
            {row.name}
          </Menu.Item>
        ))}
        {saved.length > MOST_SAVED ? (
          <Menu.Item component={Link} {...({ to: "/explore", search: (old: Record<string, unknown>) => lensOf(old) } as object)}>
            {say("explore.saved.all")}
          </Menu.Item>
        ) : null}
      </Menu.Dropdown>
    </Menu>
  );
}
