"""Which kinds of file make up this project? Three tools of the embedded file server, called through typed wrappers."""

from collections import Counter
from pathlib import PurePosixPath

from servers.files import count, list_directory, read_text

listing = await list_directory(path="src", recursive=True)
kinds = Counter(PurePosixPath(entry.path).suffix or "(none)" for entry in listing.entries if entry.kind == "file")
totals = await count(path="src", pattern="async fn")
manifest = await read_text(path="Cargo.toml", limit=2)

print(manifest.text.strip())
for suffix, number in kinds.most_common():
    print(f"{suffix:8} {number} files")
print(f"{totals.lines} lines in {totals.files} files, {totals.matching_lines} of them with an async fn")
