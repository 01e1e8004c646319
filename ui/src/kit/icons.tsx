/** Our icons, drawn on a field of 16 by 16. They say nothing by themselves: a word or a label stands beside each. */

const shapes = {
  home: "M2.5 7 8 2.5 13.5 7v6.5h-4v-4h-3v4h-4Z",
  catalog: "M2.5 2.5h4.5V7H2.5zM9 2.5h4.5V7H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z",
  teams:
    "M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M11 3a2.3 2.3 0 0 1 0 4.3M12 9.8c1.6.5 2.5 1.8 2.5 3.7",
  pipelines: "M2 4h3v3H2zM11 2.5h3v3h-3zM11 10.5h3v3h-3zM5 5.5h3V4h3M8 5.500V12h3",
  runs: "M4.500 2.500v11l9-5.500Z",
  workers: "M5 5h6v6H5zM6.500 2v3M9.500 2v3M6.500 11v3M9.500 11v3M2 6.500h3M2 9.500h3M11 6.500h3M11 9.500h3",
  resources: "M8 2 14 5 8 8 2 5ZM2 8l6 3 6-3M2 11l6 3 6-3",
  ledger: "M3.500 2.500h9v11h-9zM6 5.500h4M6 8h4M6 10.500h2.500",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.700 10.700 14 14",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1.500V3M8 13v1.500M1.500 8H3M13 8h1.500M3.400 3.400l1 1M11.600 11.600l1 1M3.400 12.600l1-1M11.600 4.400l1-1",
  moon: "M13 9.500A5.500 5.500 0 0 1 6.500 3 5.500 5.500 0 1 0 13 9.500Z",
  auto: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 2v12M8 5l4-1.500M8 8h6M8 11l4 1.500",
  menu: "M2.500 4.500h11M2.500 8h11M2.500 11.500h11",
  close: "m4 4 8 8M12 4l-8 8",
  check: "m3.500 8.500 3 3 6-7",
  cross: "m4.500 4.500 7 7M11.500 4.500l-7 7",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.500V8l2.500 1.500",
  bolt: "M9 1.500 3.500 9H8l-1 5.500L12.500 7H8Z",
  ban: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM3.800 3.800l8.400 8.400",
  question: "M5.800 6.200a2.200 2.200 0 1 1 3 2c-.5.200-.8.600-.8 1.300M8 11.800v.1",
  warning: "M8 2.500 14.500 13.500h-13ZM8 6.500v3M8 11.400v.1",
  skip: "m3 4 5 4-5 4ZM13 4v8",
  copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
  download: "M8 2.500v8M4.500 7.500 8 11l3.500-3.500M2.500 13.500h11",
  columns: "M2.500 3h11v10h-11zM6.200 3v10M9.800 3v10",
  up: "M8 13V3.500M4 7.500l4-4 4 4",
  down: "M8 3v9.500M4 8.500l4 4 4-4",
  right: "m6 3.500 4.500 4.500L6 12.500",
  chevron: "m4 6 4 4 4-4",
  external: "M6.500 3.500h-3v9h9v-3M9 2.500h4.500V7M13.500 2.500 7.500 8.500",
  more: "M3.500 8h.1M8 8h.1M12.500 8h.1",
  pause: "M5 3v10M11 3v10",
  file: "M4 1.800h5.500L12.500 5v9.200H4zM9.200 2v3.200h3.200",
  keyboard: "M1.500 4h13v8.500h-13zM4 6.500h.1M6.700 6.500h.1M9.300 6.500h.1M12 6.500h.1M5 10h6",
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      className="icon"
    >
      <path d={shapes[name]} />
    </svg>
  );
}
