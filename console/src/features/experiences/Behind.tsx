import { Link } from "@tanstack/react-router";
import { useCustomer } from "../../api/customers";
import { useDryRun, type DryRunWish } from "../../api/decisions";
import { Drawer } from "../../design/dialogs";
import { Answer, Empty } from "../../design/states";
import { useText } from "../../design/text";
import styles from "./Experiences.module.css";

const NAMED = 25;

/** The people behind one outcome of a dry run; the first ones by name. */
export function Behind({ wish, title, close }: { wish: DryRunWish; title: string; close: () => void }) {
  const say = useText();
  const tried = useDryRun(wish);
  return (
    <Drawer opened onClose={close} title={<strong>{title}</strong>} size={420} closeButtonProps={{ "aria-label": say("action.close") }}>
      <Answer of={tried}>
        {({ behind }) =>
          behind.length === 0 ? (
            <Empty title={say("people.none")} />
          ) : (
            <ul className={styles.plain}>
              {behind.map((profile, index) => (
                <li key={profile} style={{ padding: "6px 0" }}>
                  {index < NAMED ? <Named profile={profile} /> : <To profile={profile}>{profile}</To>}
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Drawer>
  );
}

function To({ profile, children }: { profile: string; children: string }) {
  return (
    <Link to="/customers/$profile" params={{ profile }}>
      {children}
    </Link>
  );
}

function Named({ profile }: { profile: string }) {
  const say = useText();
  const customer = useCustomer(profile);
  return (
    <>
      <To profile={profile}>{customer.data ? customer.data.name || customer.data.email || say("customer.anonymous") : profile}</To> <span className="dim small">{profile}</span>
    </>
  );
}
