import { useFlagChange, type Flag, type FlagBody } from "../../../api/flags";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { isRefusal } from "../../../questions/problems";

/** Saves a flag, says so, and takes it back on undo. `error` is for whoever shows refusals beside their fields; else they are told. */
export function useFlagSaving(flag: Flag, told = true) {
  const say = useText();
  const { save } = useFlagChange();
  const { tell, tellError } = useToasts();
  const saving = (body: FlagBody, words = say("flag.saved"), done?: () => void) =>
    save.mutate(
      { key: flag.key, expected: flag.version, body },
      {
        onSuccess: (saved) => {
          tell(words, () => save.mutate({ key: flag.key, expected: saved.version, body: flag.body }, { onError: tellError }));
          done?.();
        },
        onError: (error) => {
          if (told || !isRefusal(error)) tellError(error);
        },
      },
    );
  return { saving, error: save.error, pending: save.isPending };
}
