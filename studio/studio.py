"""All stores of one window."""

from __future__ import annotations

from PySide6.QtCore import QObject

from engine.contract.run.job import BenchJob
from studio.stores.catalog import CatalogStore
from studio.stores.data.label_export import LabelExport
from studio.stores.data.labels import LabelsStore
from studio.stores.data.seen import DataSeenStore
from studio.stores.data.sync import SyncStore
from studio.stores.detector_figures import DetectorFigures
from studio.stores.devices import DevicesStore
from studio.stores.phone.chosen import ChosenPhone
from studio.stores.phone.phones import PhonesStore
from studio.stores.previews.drawings import DrawingStore
from studio.stores.previews.previews import PictureStore, PreviewStore
from studio.stores.previews.samples import SamplesStore
from studio.stores.previews.trials import TrialsStore
from studio.stores.project import ProjectStore
from studio.stores.recipe import RecipeStore
from studio.stores.runs import RunsStore
from studio.stores.settings import SettingsStore
from studio.stores.targets import TargetsStore
from studio.stores.watched import WatchedStore
from studio.stores.work.fits import FitsStore
from studio.stores.work.meters import MetersStore
from studio.stores.work.news import NewsStore
from studio.stores.work.queue import QueueStore
from studio.stores.work.tasks import TasksStore
from studio.workers.background import Background
from studio.workers.following import Following


class Studio(QObject):
    """Everything that pages read and call; it knows no widget."""

    def __init__(self) -> None:
        super().__init__()
        self.background = Background(self)
        self.following = Following(self)
        self.settings = SettingsStore(self)
        self.catalog = CatalogStore(self)
        self.project = ProjectStore(self.settings, self)
        self.targets = TargetsStore(self.settings, self.project, self)
        self.labels = LabelsStore(self.project, self.background, self)
        self.watched = WatchedStore(self.project, self)
        self.recipe = RecipeStore(self.project, self)
        self.queue = QueueStore(self.settings, self.background, self)
        self.news = NewsStore(self.settings, self.queue, self)
        self.meters = MetersStore(lambda: self.queue.latest.workers, self)
        self.tasks = TasksStore(self.project, self.queue, self.following, self.background, self)
        self.label_export = LabelExport(self.project, self)
        self.sync = SyncStore(self.project, self.tasks, self.labels, self)
        self.runs = RunsStore(self.project, self.recipe, self.tasks, self.queue, self.following, self.background, self)
        self.fits = FitsStore(self.project, self.tasks, self.background, self)
        self.runs.added.connect(lambda _: self.fits.look())  # perhaps the trial of a fit that was begun elsewhere
        self.data_seen = DataSeenStore(self.project, self.runs, self.background, self)
        self.previews = PreviewStore(self.project, self.recipe, self.runs, self)
        self.drawings = DrawingStore(
            self.previews, self.project, self.recipe, self.runs, self.tasks, self.catalog, self
        )
        self.chosen_phone = ChosenPhone(self.settings, self)
        self.previews.estimate_for(self.chosen_phone.choice)
        self.chosen_phone.changed.connect(lambda: self.previews.estimate_for(self.chosen_phone.choice))
        self.detector_figures = DetectorFigures(self.previews, self.chosen_phone, self)
        self.pictures = PictureStore(self)
        self.trials = TrialsStore(self.project, self.recipe, self)
        self.samples = SamplesStore(
            self.settings, self.project, self.recipe, self.runs, self.catalog, self.previews, self.pictures, self
        )
        self.phones = PhonesStore(self.settings, self)
        self.devices = DevicesStore(self)
        self.phones.changed.connect(lambda: self.chosen_phone.follow(self.phones.chosen))
        # A bench on a real phone corrects what is estimated for it.
        self.tasks.finished.connect(lambda task: self.previews.refresh() if isinstance(task.job, BenchJob) else None)

    def close(self) -> None:
        """Save what is unsaved and end every process that is ours; runs go on."""
        self.queue.close()
        self.meters.close()
        self.news.close()
        self.project.close()
        self.sync.close()
        self.previews.close()
        self.drawings.close()
        self.pictures.close()
        self.trials.close()
        self.phones.close()
        self.devices.close()
        self.catalog.close()
        self.following.close()
        self.background.close()
        self.settings.save()
