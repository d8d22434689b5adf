/** Coin is the platform's mark: an old coin, round with a square hole. */
export function Coin({ size = 40, className = '' }: { size?: number; className?: string }) {
  return (
    <svg className={`w-coin ${className}`} viewBox="0 0 40 40" width={size} height={size} aria-hidden="true">
      <path fillRule="evenodd" d="M20 2a18 18 0 1 1 0 36a18 18 0 1 1 0-36zM13.5 13.5v13h13v-13z" />
    </svg>
  )
}
