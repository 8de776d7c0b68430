"""Regenerates the vendored files, fonts and icons from node_modules; `npm run assets` then builds the CSS."""

import bundles
import checksums
import fonts
import icons
import vendored


def main() -> None:
    """Run the steps in order; the checksums come last because they cover what the others wrote."""
    vendored.build(bundles.folders())
    bundled = bundles.build()
    fonts.build()
    icons.build()
    vendored.write_licences(bundled)
    checksums.write()


if __name__ == "__main__":
    main()
