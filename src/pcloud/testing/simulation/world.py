"""One world: machines, the air between them, what happens, and who watches. Chaos first, then healing.

Chaos is what the plan says. Then every fault is over: whoever is off is switched on, clocks are right, and
nothing is lost. Within `HEAL_S_MAX` everything that waits must have come, and then everybody must agree.
"""

import asyncio
import random
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from pcloud.net.port import Packet
from pcloud.runtime.relaying.collector import REDIAL_S_MAX
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import Changes, Store, StoreError
from pcloud.testing.simulation import deeds, faults, habits
from pcloud.testing.simulation.air import Air, Weather
from pcloud.testing.simulation.checkers.port import Checker, Commit, Healed
from pcloud.testing.simulation.deeds import DEEDS, NothingError
from pcloud.testing.simulation.faults import FAULTS
from pcloud.testing.simulation.journal import Journal
from pcloud.testing.simulation.lodging import lodge
from pcloud.testing.simulation.loop import outside, virtual
from pcloud.testing.simulation.machine import DownError, Machine
from pcloud.testing.simulation.net import Town
from pcloud.testing.simulation.plan import RELAY, Event, Plan
from pcloud.testing.simulation.waiting import is_left, is_outdated, longest_wait_s, waiting

HEAL_S_MAX: Final = 600.0
"""After the last fault is over, every queue is empty within this time (promise R05).

Waits that a long fault has made longer end first: nobody can know that a peer is back (spec 05 §5).
"""
FAULT: Final = " error fault"
"""How a node says that something failed which nobody had foreseen."""
COLLECTED_S: Final = REDIAL_S_MAX * 3 / 2
"""So much longer, where somebody has called a relay in vain until then."""
LIED_S: Final = 21_600
"""So much longer, where a relay has lied: it takes several tries until all is known again."""
RECOVERIES_MAX: Final = 5
"""So often somebody who came back from a copy is shown a newer one before that counts as never quiet."""
LOOK_S: Final = 5.0
"""How often it is looked whether all is quiet."""
HABIT_S: Final = (1.0, 40.0)
"""How long an owner takes to look."""


class World:
    """Made, lived through once with `live`, and then looked at."""

    def __init__(self, plan: Plan, checkers: Sequence[Checker]) -> None:
        self.plan, self.checkers = plan, checkers
        self.journal = Journal(virtual())
        self.violations: list[str] = []
        self.air = Air(random.Random(f"air/{plan.seed}"), self._flew)
        town = Town(self.air)
        make = partial(Machine, str(plan.seed), town=town, committed=self._committed)
        self.people = [make(role=role) for role in plan.roles]
        self.relays = [make(role=RELAY)] if plan.relay != "none" else []
        self.machines = [*self.people, *self.relays]
        self._habits = random.Random(f"habits/{plan.seed}")
        self._calm = False
        self._recoveries: dict[str, int] = {}
        """Of machines that came back from a copy: how often they were shown since that it was too old."""
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._looks = 0
        """How many owners are about to look what has come."""

    async def live(self) -> None:
        """From the beginning to the end."""
        try:
            for machine in self.machines:
                await machine.up()
            await self._settle_in()
            await self._chaos()
            await self._heal()
            self.violations += [f"fault: {each}" for each in virtual().faults]
        except StoreError as error:
            self.violations.append(f"a store cannot be read: {error}")
        finally:
            await self._end()
        self.violations += [
            f"fault: {machine.name} wrote into its log: {line}"
            for machine in self.machines
            for line in machine.log.getvalue().splitlines()
            if FAULT in line
        ]
        self.violations += [
            f"{type(checker).__name__}: {text}" for checker in self.checkers for text in checker.violations
        ]

    async def _settle_in(self) -> None:
        """In good weather: whoever opens no port gets mailboxes at the relay."""
        lodgers = [machine for machine in self.people if not machine.listens]
        for relay in self.relays:
            await lodge(relay, lodgers)
            relay.lies = self.plan.relay == "lying"
            self.journal.note(relay.name, f"keeps mailboxes for {len(lodgers)}")

    # Chaos

    async def _chaos(self) -> None:
        plan = self.plan
        rates = plan.rates
        self.air.weather = Weather(
            rates["loss"], rates["double"], rates["swap"], rates["late"], plan.late_s_max
        )
        for event in plan.events:
            self._begin(self._happen(event))
        await asyncio.sleep(plan.span_s)

    def _begin(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = virtual().create_task(work, context=outside())
        self._tasks[task] = None
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and task.exception() is not None:
            self.violations.append(f"world: {task.exception()!r}")

    async def _happen(self, event: Event) -> None:
        """One event, at its time."""
        await asyncio.sleep(event.at_s)
        me, dice = self.machines[event.who], random.Random(event.seed)
        others = [machine for machine in self.people if machine is not me]
        all_others = [machine for machine in self.machines if machine is not me]
        try:
            if event.what in FAULTS:
                came = await FAULTS[event.what](faults.Scene(me, all_others, self.air, self._restored, dice))
            else:
                came = await DEEDS[event.what][0](deeds.Scene(me, others, dice))
        except NothingError:
            came = "nothing to do it to"
        except DownError:
            came = "somebody was off"
        except OwnerError as refused:
            came = f"refused: {refused.code}"
        except StoreError as error:
            came = f"could not: {type(error).__name__}"
        self.journal.note(me.name, f"#{event.number} {event.what}: {came}")

    # What is watched

    def _committed(self, machine: Machine, store: Store, changes: Changes) -> None:
        self.journal.commit(machine.name, changes)
        commit = Commit(virtual().moment, machine.name, machine.starts, changes, store)
        for checker in self.checkers:
            checker.committed(commit)
        if habits.needs_owner(changes):
            wait_s = LOOK_S if self._calm else self._habits.uniform(*HABIT_S)
            self._looks += 1
            self.air.later(wait_s, partial(self._begin_look, machine))

    def _restored(self, name: str) -> None:
        self._recoveries[name] = 0
        self.journal.note(name, "came back from a copy")
        for checker in self.checkers:
            checker.restored(name)

    def _flew(self, name: str, packet: Packet) -> None:
        for checker in self.checkers:
            checker.flew(name, packet)

    def _begin_look(self, machine: Machine) -> None:
        self._looks -= 1
        self._begin(self._look(machine))

    async def _look(self, machine: Machine) -> None:
        """An owner looks what has come."""
        try:
            for done in await habits.look(machine, self._habits):
                self.journal.note(machine.name, done)
        except (DownError, OwnerError, StoreError) as refused:
            self.journal.note(machine.name, f"looked, and could not: {type(refused).__name__}")

    # Healing

    async def _heal(self) -> None:
        """Every fault is over. Raises nothing: what is not as it must be is a violation."""
        await _end_all(list(self._tasks))
        self.air.clear()
        self._calm = True
        self.journal.note("", "healing")
        for machine in self.machines:
            machine.clock.wrong_s, machine.lies = 0, False
            machine.fill(None)
            if machine.is_broken or machine.hurt:
                machine.crash()
            await machine.up()
            self._begin(self._look(machine))
        waited_s, allowed_s = 0.0, self._allowed_s()
        while True:
            if await self._recover():
                allowed_s = waited_s + self._allowed_s()
            elif not (found := self._waiting()):
                break
            elif waited_s >= allowed_s:
                self.violations.append(f"never quiet: {', '.join(found)}")
                return
            await asyncio.sleep(LOOK_S)
            waited_s += LOOK_S
        self.journal.note("", f"quiet after {waited_s:.0f} s")
        self.violations += [
            f"{machine.name} has stopped, and never came back from a copy"
            for machine in self.machines
            if machine.name not in self._recoveries and is_outdated(machine)
        ]
        if is_left(self.machines):
            self.journal.note("", "but for a peer without an address, which has closed")
            return
        stores = {machine.name: machine.store for machine in self.machines}
        for checker in self.checkers:
            checker.healed(Healed(stores))

    def _allowed_s(self) -> float:
        """Within which time from now on all has to be quiet."""
        again_s = {"none": 0.0, "honest": COLLECTED_S, "lying": LIED_S}[self.plan.relay]
        return HEAL_S_MAX + longest_wait_s(self.machines) + again_s

    async def _recover(self) -> bool:
        """Who came back from a copy older than the last comeback is told so, and uses the words again."""
        outdated = [
            machine
            for machine in self.machines
            if self._recoveries.get(machine.name, RECOVERIES_MAX) < RECOVERIES_MAX and is_outdated(machine)
        ]
        for machine in outdated:
            self._recoveries[machine.name] += 1
            machine.recover()
            self.journal.note(machine.name, "was shown that there was a newer copy, and recovers")
            await machine.up()
        return bool(outdated)

    def _waiting(self) -> list[str]:
        """Who still waits for a peer, or has something to do."""
        looks = ["an owner looks"] if self._tasks or self._looks else []
        return waiting(self.machines, self._recoveries) + looks

    async def _end(self) -> None:
        """End everything that still runs, without letting it do anything."""
        lives = [life for machine in self.machines for life in machine.bury()]
        virtual().thaw(lives)
        mine = asyncio.current_task()
        await _end_all([task for task in asyncio.all_tasks() if task is not mine])


async def _end_all(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Cancel them, and wait until they have ended."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
