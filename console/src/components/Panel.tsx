import { createContext, useContext, useEffect, useRef, type ReactNode } from "react";
import { createPortal } from "react-dom";

interface PanelSlot {
  target: HTMLElement | null;
  show: (panel: { header: string; onClose: () => void } | null) => void;
}

export const PanelContext = createContext<PanelSlot>({ target: null, show: () => {} });

/** Shows its children in the side panel for as long as it is rendered. */
export function Panel({ header, onClose, children }: { header: string; onClose: () => void; children: ReactNode }) {
  const { target, show } = useContext(PanelContext);
  const close = useRef(onClose);
  useEffect(() => {
    close.current = onClose;
  });
  useEffect(() => {
    show({ header, onClose: () => close.current() });
  }, [header, show]);
  useEffect(() => () => show(null), [show]);
  return target === null ? null : createPortal(children, target);
}
