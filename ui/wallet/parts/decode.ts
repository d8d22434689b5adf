// decode reads a QR code from pixels; it is loaded when the scanner opens.
import decodeQR from 'qr/decode.js'

/** readQR is the text of the QR code in the picture, or undefined. */
export function readQR(image: ImageData, milliseconds = 60): string | undefined {
  try {
    return decodeQR(image, { timeLimit: milliseconds }) || undefined
  } catch {
    return undefined // none there, or not to be read: ordinary while scanning
  }
}

/** pixelsOf draws a picture or a camera's frame small enough to read quickly. */
export function pixelsOf(source: CanvasImageSource, width: number, height: number, most = 1000): ImageData | undefined {
  if (!width || !height) return undefined
  const scale = Math.min(1, most / Math.max(width, height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) return undefined
  context.fillStyle = '#fff' // a transparent picture is black on black otherwise
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(source, 0, 0, canvas.width, canvas.height)
  return context.getImageData(0, 0, canvas.width, canvas.height)
}
