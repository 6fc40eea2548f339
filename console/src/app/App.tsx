import { MantineProvider, localStorageColorSchemeManager } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { ApiError } from "../api/client";
import { theme } from "../design/theme";
import { ToastProvider } from "../design/toasts";
import { LocaleProvider } from "../design/locale";
import { createConsoleRouter } from "./router";

const again = (count: number, error: Error): boolean => count < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500);

const client = new QueryClient({
  defaultOptions: { queries: { retry: again, staleTime: 15_000, refetchOnWindowFocus: "always" } },
});
const router = createConsoleRouter(client);
const schemes = localStorageColorSchemeManager({ key: "resa.theme" });

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={schemes} withCssVariables={false} withGlobalClasses={false}>
      <LocaleProvider>
        <QueryClientProvider client={client}>
          <ToastProvider>
            <RouterProvider router={router} />
          </ToastProvider>
        </QueryClientProvider>
      </LocaleProvider>
    </MantineProvider>
  );
}
