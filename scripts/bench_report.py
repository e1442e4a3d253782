"""What a report costs: ds_report beside ds_fuse on the same candidates, its pages' sizes, and its index in a browser.

    python -m scripts.bench_report                      20 generated images of 256 × 256 × 160 voxels × 10 candidates
    python -m scripts.bench_report -data hippocampus    also the hippocampus set, 40 × 10
    python -m scripts.bench_report --browser            also the index of 1,000 generated images × 10 candidates

Costs are CPU seconds of whole commands in one process each; the ratio between them is what can be compared between
machines. The browser is Chromium, and what it costs is the processor time of the page, from opening to the first frame.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

from .bench_candidates import generate
from .bench_fusion import DS_FUSE, row, run

DS_REPORT = "from nnunet_deepstaple.commands.report import main; main()"
SIZE, IMAGES = (256, 256, 160), 20


def generated(work: Path) -> tuple[Path, Path, Path]:
    """Candidates with scores, and noisy images of them."""
    candidates, images = work / "candidates", work / "images"
    generate(candidates, SIZE, 10, 3, IMAGES)
    images.mkdir()
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(candidates / "image000__c000.nii.gz"))).astype(float)
    noise = np.random.default_rng(0).normal(0, 40, labels.shape)
    first = images / "image000_0000.nii.gz"
    sitk.WriteImage(sitk.GetImageFromArray((400 + 200 * labels + noise).astype(np.int16)), str(first), True)
    for number in range(1, IMAGES):
        (images / f"image{number:03d}_0000.nii.gz").hardlink_to(first)
    return candidates, candidates / "scores.csv", images


def measure(title: str, work: Path, candidates: Path, images: Path, options: list[object]) -> None:
    """Fuse and report in one process each."""
    fused, report = work / "fused", work / "report"
    number = len({path.name.partition("__")[0] for path in candidates.glob("*__*")})
    fuse = run([sys.executable, "-c", DS_FUSE, "-i", candidates, "-o", fused, "-np", 1, *options])
    given = ["-i", candidates, "-f", fused, "-images", images, "-o", report, "-np", 1]
    made = run([sys.executable, "-c", DS_REPORT, *given])
    pages = [path.stat().st_size for path in (report / "images").iterdir()]
    index = (report / "index.html").stat().st_size
    allowed = 2 * fuse[0] + 0.5 * number
    row(title, f"{fuse[0]:.1f}", f"{made[0]:.1f}", f"{allowed:.1f}", f"{max(pages) / 1e3:.0f}", f"{index / 1e3:.0f}")


def in_browser(work: Path) -> None:
    """Open the index of many images."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (few need it)

    from tests.report.examples import write_large_index  # noqa: PLC0415 (as it is tested)

    index = write_large_index(work / "large", 1000, 10)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page()
        page.set_default_timeout(300_000)
        watch = page.context.new_cdp_session(page)
        watch.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(index.as_uri(), wait_until="load")
        page.evaluate("new Promise(requestAnimationFrame)")
        seconds = {one["name"]: one["value"] for one in watch.send("Performance.getMetrics")["metrics"]}["TaskDuration"]
        browser.close()
    print(
        f"\nindex of 1,000 images × 10: {index.stat().st_size / 1e6:.2f} MB, {seconds:.2f} s of processor time to open"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("-data", type=Path, help="the hippocampus data, with candidates/ and images/")
    arguments.add_argument("--browser", action="store_true", help="open a large index in chromium")
    given = arguments.parse_args()
    row("one process", "ds_fuse s", "report s", "allowed s", "page kB", "index kB")
    row("---", *["---:"] * 5)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if given.data:
            (work / "data").mkdir()
            measure("hippocampus, 40 × 10", work / "data", given.data / "candidates", given.data / "images", [])
        candidates, scores, images = generated(work)
        measure(f"256 × 256 × 160, {IMAGES} × 10", work, candidates, images, ["-s", scores])
        if given.browser:
            in_browser(work)


if __name__ == "__main__":
    main()
