export function Spinner() {
  return (
    <svg className="spinner" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
      <circle className="spinner-track" cx="24" cy="24" r="20" />
      <path className="spinner-arc" d="M24 4a20 20 0 0 1 20 20" />
    </svg>
  );
}
